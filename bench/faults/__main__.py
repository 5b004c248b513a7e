"""Try what goes wrong: kills, damaged and hostile files, implausible data, full disks, two processes, other machines.

    python -m bench.faults                                   # some of each, in under two minutes
    python -m bench.faults --long                            # thousands, for hours
    python -m bench.faults --long --resume                   # the same, without those that held before
    python -m bench.faults --classes kills flips             # only these
    python -m bench.faults --only mutations:17 kills:3       # these tries again, and everything that they said

Each try harms a copy of a tiny checkout that the pipeline finished. The product has held if it ends with the same bytes
as undisturbed, or says in one line what is wrong and exits with status 2, within 5 seconds and 1 GiB. Failures are
listed with the --only that repeats them. Prints a table; exits with status 1 if anything failed. README quotes the
table that --long writes to bench/results/faults.csv: a row as each class ends, also where Ctrl-C ends it.

Classes:
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import stages as stages  # sets the number of threads before PyTorch is loaded  # isort: skip
import tqdm

from bench.faults import (
    _results,
    determinism,
    flips,
    full_disk,
    hostile,
    implausible,
    kills,
    mutations,
    shell,
    two_at_once,
)
from bench.faults._checkout import Grounds, Try
from bench.faults._results import Result, Row, summarise
from jointaware.errors import InputError
from jointaware.progress import follow, report
from stages.command import run

OUT = Path("bench/results/faults.csv")


class Kind(NamedTuple):
    """A class of faults. words: plural, for people. short: how many a short run tries, the first of a long one's."""

    words: str
    tries: Callable[[Grounds, int], Sequence[Try]]
    short: int


CLASSES = {
    "kills": Kind("kills", kills.tries, 7),
    "mutations": Kind("damaged files", mutations.tries, 40),
    "hostile": Kind("hostile files", hostile.tries, 40),
    "implausible": Kind("implausible or odd data", implausible.tries, 40),
    "disk": Kind("full disks", full_disk.tries, 7),
    "pairs": Kind("pairs of processes at once", two_at_once.tries, 7),
    "determinism": Kind("other circumstances", determinism.tries, 1),
    "flips": Kind("flipped bits", flips.tries, 8),
    "shell": Kind("names with shell syntax", shell.tries, 2),
}


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    out = arguments.out or (OUT if arguments.long else None)
    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        grounds = Grounds(Path(temporary))
        if arguments.only:
            has_failed = _repeat(grounds, [_parse(text) for text in arguments.only], arguments.seed)
        else:
            earlier = _results.read(out) if out and arguments.resume else {}
            rows = [_try_class(grounds, name, arguments, out, earlier.get(name)) for name in arguments.classes]
            _results.show(rows)
            has_failed = any(row.failed for row in rows)
    sys.exit(1 if has_failed else 0)


def _try_class(grounds: Grounds, name: str, arguments: argparse.Namespace, out: Path | None, row: Row | None) -> Row:
    """Make the tries of a class, after those of an earlier row unless one of them failed; write the row."""
    kind = CLASSES[name]
    tries = kind.tries(grounds, arguments.seed)
    earlier = row if row and not row.failed and row.of == len(tries) else None
    if earlier and earlier.is_done:
        return earlier
    numbers = range(earlier.tries if earlier else 0, len(tries) if arguments.long else min(kind.short, len(tries)))
    results: list[Result] = []
    try:
        for number in follow(numbers, name, total=len(numbers), unit="tries"):
            results.append(_try(grounds, name, number, tries[number]))
            if results[-1].failure:
                report(f"failed: {tries[number].words}: {results[-1].failure} (--only {name}:{number})")
    finally:
        summary = summarise(name, kind.words, len(tries), results, earlier)
        if out and results:
            _results.keep(out, summary)
    return summary


def _repeat(grounds: Grounds, only: Sequence[tuple[str, int]], seed: int) -> bool:
    """Make single tries again and print all that they said; whether any failed."""
    has_failed = False
    for name, number in only:
        each = CLASSES[name].tries(grounds, seed)[number]
        result = _try(grounds, name, number, each)
        print(f"{each.words}: {result.failure or 'held'}")
        print("".join(ended.stdout + ended.stderr for ended in grounds.ended), end="")
        has_failed |= bool(result.failure)
    return has_failed


def _try(grounds: Grounds, name: str, number: int, each: Try) -> Result:
    grounds.ended.clear()
    failure = " ".join(each.run().split())
    seconds, mebibytes = (
        max((getattr(ended, what) for ended in grounds.ended), default=0.0) for what in _results.WORST
    )
    return Result(name, number, each.words, failure, seconds, mebibytes)


def _parse(text: str) -> tuple[str, int]:
    kind, _, number = text.rpartition(":")
    if kind not in CLASSES or not number.isdecimal():
        raise InputError(f"--only: found {text!r}, expected CLASS:NUMBER, such as kills:3")
    return kind, int(number)


def _classes() -> str:
    return "\n".join(f"    {name:12} {kind.words}; {kind.short} in a short run" for name, kind in CLASSES.items())


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = argparse.ArgumentParser(
        prog="python -m bench.faults",
        description=(__doc__ or "") + _classes(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("--long", action="store_true", help="all tries, not the first of each class")
    command.add_argument(
        "--classes", nargs="+", choices=CLASSES, default=[*CLASSES], metavar="CLASS", help="default: all"
    )
    command.add_argument("--only", nargs="+", default=[], metavar="CLASS:NUMBER", help="repeat single tries")
    command.add_argument("--seed", type=int, default=0, help="of what is random; default: %(default)s")
    command.add_argument("--out", type=Path, help=f"table whose rows are replaced; default: {OUT} with --long")
    command.add_argument("--resume", action="store_true", help="go on after the tries in the table if all held")
    return command.parse_args(argv)


if __name__ == "__main__":
    tqdm.tqdm.monitor_interval = 0  # its thread may hold a lock while this process forks
    run(main)

"""Try what goes wrong: kills, damaged and hostile files, implausible data, full disks, two processes, other machines.

    python -m bench.faults                                   # some of each, in under two minutes
    python -m bench.faults --long                            # thousands, for hours
    python -m bench.faults --classes kills flips             # only these
    python -m bench.faults --only mutations:17 kills:3       # these tries again, and everything that they said

Each try harms a copy of a tiny checkout that the pipeline finished. The product has held if it ends with the same bytes
as undisturbed, or says in one line what is wrong and exits with status 2, within 5 seconds and 1 GiB. Failures are
listed with the --only that repeats them. Prints a table; exits with status 1 if anything failed. README quotes the
table that --long writes to bench/results/faults.csv.

Classes:
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import stages as stages  # sets the number of threads before PyTorch is loaded  # isort: skip
import pandas as pd
import tqdm

from bench._table import machine
from bench.faults import (
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


class Result(NamedTuple):
    """What became of one try. failure: empty if the product held."""

    kind: str
    number: int
    words: str
    failure: str
    seconds: float
    mebibytes: float


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    only = [_parse(text) for text in arguments.only]
    with tempfile.TemporaryDirectory(prefix="faults-") as temporary:
        grounds = Grounds(Path(temporary))
        results = list(_attempts(grounds, arguments, only))
    if not only:
        _show(results, arguments.out or (OUT if arguments.long and not _is_partial(arguments) else None))
    sys.exit(1 if any(each.failure for each in results) else 0)


def _attempts(grounds: Grounds, arguments: argparse.Namespace, only: list[tuple[str, int]]) -> Iterator[Result]:
    """Run the tries of all classes, or those named."""
    for name in dict(only) if only else arguments.classes:
        tries = CLASSES[name].tries(grounds, arguments.seed)
        numbers = [number for kind, number in only if kind == name] or range(
            len(tries) if arguments.long else min(CLASSES[name].short, len(tries))
        )
        for number in follow(numbers, name, total=len(numbers), unit="tries"):
            grounds.ended.clear()
            failure = " ".join(tries[number].run().split())
            if failure:
                report(f"failed: {tries[number].words}: {failure} (--only {name}:{number})")
            yield Result(
                name,
                number,
                tries[number].words,
                failure,
                max((ended.seconds for ended in grounds.ended), default=0.0),
                max((ended.mebibytes for ended in grounds.ended), default=0.0),
            )
            if only:
                print(f"{tries[number].words}: {failure or 'held'}")
                print("".join(ended.stdout + ended.stderr for ended in grounds.ended), end="")


def _show(results: Sequence[Result], out: Path | None) -> None:
    """Print a row for each class and one for all, and write them to a file if one is given."""
    kinds = dict.fromkeys(each.kind for each in results)
    rows = [_row(kind, CLASSES[kind].words, [each for each in results if each.kind == kind]) for kind in kinds]
    rows.append(_row("all", "faults", results))
    print(pd.DataFrame(rows).drop(columns="what").to_string(index=False, max_colwidth=60))
    if out is not None:
        pd.DataFrame([row | machine() for row in rows]).to_csv(out, index=False)


def _row(kind: str, what: str, results: Sequence[Result]) -> dict[str, object]:
    failed = [each.failure for each in results if each.failure]
    seconds, mebibytes = (max(getattr(each, name) for each in results) for name in ("seconds", "mebibytes"))
    return {
        "class": kind,
        "what": what,
        "tries": len(results),
        "held": len(results) - len(failed),
        "failed": len(failed),
        "worst": failed[0] if failed else f"{seconds:.1f} s, {mebibytes:.0f} MiB",
    }


def _is_partial(arguments: argparse.Namespace) -> bool:
    return {*arguments.classes} != {*CLASSES}


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
    command.add_argument("--out", type=Path, help=f"table to write; default: {OUT} if all classes run --long")
    return command.parse_args(argv)


if __name__ == "__main__":
    tqdm.tqdm.monitor_interval = 0  # its thread may hold a lock while this process forks
    run(main)

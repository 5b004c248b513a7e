"""Run the pipeline again under other circumstances: the same bytes of every result."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bench.faults._checkout import WHOLE, Grounds, Try, must_succeed, parameters
from bench.faults._commands import run_command
from bench.faults._verdict import difference, digests
from tests import tiny

VARIATIONS: dict[str, Mapping[str, str]] = {
    "two threads allowed, another hash seed, time zone and locale": {
        "OMP_NUM_THREADS": "2",
        "PYTHONHASHSEED": "7",
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
        "LANGUAGE": "tr",
    },
    "in another folder": {},
    "OMP_NUM_THREADS=2": {"OMP_NUM_THREADS": "2"},
    "OMP_NUM_THREADS unset": {"OMP_NUM_THREADS": ""},
    "PYTHONHASHSEED=1": {"PYTHONHASHSEED": "1"},
    "PYTHONHASHSEED=2": {"PYTHONHASHSEED": "2"},
    "an ASCII locale": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a Turkish locale": {"LC_ALL": "tr_TR.UTF-8"},
    "another time zone": {"TZ": "Pacific/Kiritimati"},
    "no home folder": {"HOME": "/nonexistent"},
    "another MKL": {"MKL_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"},
}
ONE_CORE = "on one core"
PIPELINE = [step for step in WHOLE if step.stage != "report"]
"""Without the report, which shows when each network was trained."""


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """One for each variation of the environment, and for the number of cores."""
    varied = [Try(words, partial(_vary, grounds, changes, "")) for words, changes in VARIATIONS.items()]
    return [*varied, Try(ONE_CORE, partial(_vary, grounds, {"OMP_NUM_THREADS": ""}, "taskset --cpu-list 0 "))]


def _vary(grounds: Grounds, changes: Mapping[str, str], prefix: str) -> str:
    """Two seeds, so that runs train side by side where there are cores."""
    expected = digests(grounds.once("two seeds", _make))
    with grounds.copy(grounds.once("two seeds laid out", _lay_out)) as folder:
        root = Path(__file__).resolve().parents[2]
        command = f"{prefix}{sys.executable} -m bench.faults.determinism"
        done = run_command(command, folder, {"PYTHONPATH": str(root)} | dict(changes))
        if done.returncode:
            return f"exit status {done.returncode}: {done.stderr.strip().splitlines()[-1]}"
        return difference(expected, folder)


def _lay_out(folder: Path) -> None:
    tiny.lay_out(folder)
    tiny.write_yaml(folder / "params.yaml", parameters(seeds=[0, 1]))


def _make(folder: Path) -> None:
    """The results that all others are compared with: made in children of this process, one run after another."""
    _lay_out(folder)
    for step in PIPELINE:
        must_succeed(step.call, folder)


if __name__ == "__main__":
    for step in PIPELINE:
        step.call()

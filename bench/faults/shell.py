"""Shell syntax in the names and seeds of params.yaml: refused, or a name like any other, but never run.

In a checkout with results, where DVC would run the new experiment first.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from bench.faults._checkout import Grounds, Try
from bench.faults._commands import run_command
from bench.faults._verdict import HELD
from tests import tiny

CANARY = "canary"
SYNTAX = (
    f"x$(touch {CANARY})",
    f"0; touch {CANARY} #",
    f"x`touch {CANARY}`",
    f"x && touch {CANARY}",
    f"x | touch {CANARY}",
    f"x\ntouch {CANARY}\n",
    f"x' ; touch {CANARY} ; '",
    f'x" ; touch {CANARY} ; "',
    f"x$(touch${{IFS}}{CANARY})",
    f"x>{CANARY}",
    f"--out={CANARY}",
    f"../{CANARY}",
    f"{{touch,{CANARY}}}",
    f"${{experiments}} ; touch {CANARY}",
)
COMMANDS = ("dvc repro", "snakemake --cores 1 --quiet")


def tries(grounds: Grounds, seed: int) -> Sequence[Try]:
    """Every syntax, as a name and as a seed, under both front doors."""
    return [
        Try(f"{syntax!r} as {where} under {command}", partial(_inject, grounds, where, syntax, command))
        for syntax in SYNTAX
        for where in ("a name", "a seed")
        for command in COMMANDS
    ]


def _inject(grounds: Grounds, where: str, syntax: str, command: str) -> str:
    with grounds.copy(grounds.reproduced) as folder:
        raw: dict[str, Any] = tiny.read_yaml(folder / "params.yaml")
        if where == "a name":
            raw["experiments"][syntax] = {"role": "baseline"}
        else:
            raw["seeds"].append(syntax)
        tiny.write_yaml(folder / "params.yaml", raw)
        done = run_command(command, folder)
        if any(CANARY in path.name for path in (*folder.rglob("*"), *folder.parent.glob("*"))):
            return "was run"
        if "Traceback" in done.stderr:
            return f"traceback: {done.stderr.strip().splitlines()[-1]}"
        return HELD if done.returncode else "accepted"

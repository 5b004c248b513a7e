"""Delete what is left of runs that params.yaml no longer has, and all training checkpoints.

A checkpoint is only needed to go on with a training that was stopped.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import leftovers, runs_of
from stages.command import parser, run

PLACES = (Path("models"), Path("predictions"), Path("results/runs"))
CHECKPOINTS = Path(".checkpoints")


def main() -> None:
    """Run the command."""
    parser(__doc__).parse_args()
    for path in [*leftovers(runs_of(load(Path("params.yaml"))), *PLACES), CHECKPOINTS]:
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix == ".safetensors":
            path.unlink()
        else:
            continue
        print(f"deleted {path}")


if __name__ == "__main__":
    run(main)

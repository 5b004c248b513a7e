"""Write the takes of a source as motion arrays, so that several sources can be trained on together.

`python -m workflow.arrays --params profiles/cmu.yaml --raw data/raw --out licensed/wild` downloads CMU's takes that the
parameters name, and writes each as --out/<subject>/<Action>[ <n>].npz, at its own frame rate. Takes that are there
already are written again, others stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jointaware.artifacts.parameters import load
from jointaware.mocap.arrays import write_take
from jointaware.mocap.loading import Loader
from jointaware.mocap.sources import SOURCES
from stages.command import parser, run


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (data, preprocess.subjects)")
    command.add_argument("--raw", type=Path, required=True, help="folder for the source's own files")
    command.add_argument("--out", type=Path, required=True, help="folder of motion arrays to write to")
    arguments = command.parse_args(argv)
    parameters = load(arguments.params)
    data, subjects = parameters.data, parameters.split.subjects
    loader = Loader(SOURCES[data.source], data.settings, Path(data.path), arguments.raw, subjects)
    loader.fetch()
    for take in loader.takes():
        print(write_take(arguments.out, take))


if __name__ == "__main__":
    run(main)

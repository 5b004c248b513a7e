"""The command `jointaware`, also as `python -m jointaware`: what can be done without a checkout of the pipeline."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from jointaware.command_line import run

os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # before PyTorch: spinning threads slow each other on a busy machine

COMMANDS = {
    "detect": ("keypoints of the person in a video, by MediaPipe", "jointaware.video.detect:main"),
    "lift": ("keypoints of a video in, 3D joints out", "jointaware.video.command:main"),
    "onnx": ("write a network as ONNX, for programs without PyTorch", "jointaware.video.onnx_file:main"),
}
"""Subcommands: what each does, and its function, which takes the arguments after its name."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run a subcommand."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    width = max(map(len, COMMANDS))
    command = argparse.ArgumentParser(
        prog="jointaware",
        description="Joint-aware 3D human pose estimation.",
        epilog="\n".join(f"  {name:{width}}  {words}" for name, (words, _) in COMMANDS.items())
        + "\n\n`jointaware COMMAND --help` explains each.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("command", choices=COMMANDS, metavar="COMMAND", help="one of those below")
    chosen = command.parse_args(arguments[:1]).command
    function = resolve_name(COMMANDS[chosen][1])
    run(lambda: function(arguments[1:]))


if __name__ == "__main__":
    main()

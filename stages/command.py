"""Command line of a stage: its parser, and how DVC says which experiment it wants."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection

from jointaware.command_line import run as run
from jointaware.errors import InputError


def parser(description: str | None) -> argparse.ArgumentParser:
    """Argument parser with a module's docstring as its --help."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return argparse.ArgumentParser(
        prog=f"python -m {spec.name.removesuffix('.__main__')}" if spec else None,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_stage(command: argparse.ArgumentParser) -> None:
    """Add the argument by which DVC says which experiment of a `foreach` it wants."""
    command.add_argument(
        "--stage",
        metavar="STAGE@EXPERIMENT",
        help="an experiment as DVC's variable DVC_STAGE names it; folders then hold a folder for each experiment",
    )


def narrow(arguments: argparse.Namespace, experiments: Collection[str], *folders: str) -> None:
    """With --stage, set the experiment, and replace the named folders by its folders within them.

    The name reaches a stage as an environment variable and is looked up here, so that none is ever part of a command
    that a shell runs.
    """
    if arguments.stage is None:
        return
    name = arguments.stage.partition("@")[2]
    if name not in experiments:
        known = ", ".join(experiments)
        raise InputError(f"--stage: found {arguments.stage!r}, expected a stage, @, and one of {known}")
    arguments.experiment = name
    for folder in folders:
        if getattr(arguments, folder) is not None:
            setattr(arguments, folder, getattr(arguments, folder) / name)

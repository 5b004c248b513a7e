"""Command line of a stage: its parser, and how DVC says which experiment it wants."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Collection, Iterator
from itertools import combinations
from pathlib import Path

from jointaware import command_line
from jointaware.errors import InputError

QUEUED = "/.dvc/tmp/exps/"


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


def run(main: Callable[[], None]) -> None:
    """As `jointaware.command_line.run`; in a queued experiment of DVC's, an error also says what it lacks."""

    def stage() -> None:
        try:
            main()
        except InputError as error:
            raise InputError(f"{error}{left_behind(str(error), Path.cwd())}") from error
        except FileNotFoundError as error:
            if not (hint := left_behind(str(error.filename), Path.cwd())):
                raise
            raise InputError(f"{error.filename}: {error.strerror}{hint}") from error

    command_line.run(stage)


def left_behind(message: str, folder: Path) -> str:
    """What to do where a queued experiment lacks a file that the message names; empty for any other message.

    folder: the working folder. `dvc exp run --queue` and `--temp` work in a copy of what git tracks, in .dvc/tmp/exps.
    """
    checkout, below, _ = folder.as_posix().partition(QUEUED)
    for name in _phrases(message) if below else ():
        here, there = folder / name, Path(checkout, name)
        if (there.is_file() and not here.exists()) or not _names(there) <= _names(here):
            return f"; a queued experiment has only files that git tracks: name it {there} in params.yaml"
    return ""


def _phrases(message: str) -> Iterator[str]:
    """Every run of words, without a colon or a comma after it, as the names of files may have spaces."""
    for part in message.split(":"):
        words = part.split()
        for first, last in combinations(range(len(words) + 1), 2):
            yield " ".join(words[first:last]).rstrip(",")


def _names(folder: Path) -> set[str]:
    return set(os.listdir(folder)) if folder.is_dir() else set()

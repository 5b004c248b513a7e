"""Command line of a stage: its parser, and user errors as one line with exit status 2, never a traceback."""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Callable, Collection
from typing import NoReturn

from jointaware.errors import InputError, is_out_of_memory
from jointaware.side_by_side import TERMINATED

INTERRUPTED = 130
"""Exit status after Ctrl-C."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """Argument parser with a module's docstring as its --help."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return argparse.ArgumentParser(
        prog=f"python -m {spec.name}" if spec else None,
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
    """Call `main` with the arguments of the command line; print errors that a user can cause as one line.

    Everything else is a bug, and keeps its traceback. SIGTERM ends the stage as Ctrl-C does: what was half-written is
    removed. What the terminal cannot show, such as a superscript or a file's name, is escaped.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        main()
    except InputError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename}: {error.strerror}" if error.filename and error.strerror else str(error))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        _fail(f"out of memory: {error}")
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _fail(message: str) -> NoReturn:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)

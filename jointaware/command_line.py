"""Run a command: user errors as one line with exit status 2, never a traceback."""

from __future__ import annotations

import io
import signal
import sys
import warnings
from collections.abc import Callable
from typing import NoReturn

from jointaware.errors import InputError, is_out_of_memory
from jointaware.side_by_side import TERMINATED

INTERRUPTED = 130
"""Exit status after Ctrl-C."""


def run(main: Callable[[], None]) -> None:
    """Call `main` with the arguments of the command line; print errors that a user can cause as one line.

    Everything else is a bug, and keeps its traceback. NumPy does not warn of numbers beyond its range, because what is
    read is checked, and refused in a line that names the file. SIGTERM ends the command as Ctrl-C does: what was
    half-written is removed. What the terminal cannot show, such as a superscript or a file's name, is escaped.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    warnings.filterwarnings("ignore", r"(overflow|invalid value|divide by zero) encountered", RuntimeWarning)
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

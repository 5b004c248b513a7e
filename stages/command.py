"""Command line of a stage: its parser, and user errors as one line with exit status 2, never a traceback."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from jointaware.errors import InputError


def parser(description: str | None) -> argparse.ArgumentParser:
    """Argument parser with a module's docstring as its --help."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return argparse.ArgumentParser(
        prog=f"python -m {spec.name}" if spec else None,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def run(main: Callable[[], None]) -> None:
    """Call `main` with the arguments of the command line; print errors that a user can cause as one line."""
    try:
        main()
    except (InputError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

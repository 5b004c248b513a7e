"""How every stage starts and ends.

A mistake of the user is one line on stderr and exit status 2, never a traceback.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from jointaware.errors import InputError


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser whose --help is the stage's own docstring."""
    return argparse.ArgumentParser(
        prog=f"python -m {sys.modules['__main__'].__spec__.name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def run(main: Callable[[], None]) -> None:
    """Call a stage's `main`; turn the errors that a user can cause into one line."""
    try:
        main()
    except (InputError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

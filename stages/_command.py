"""How every stage ends: a mistake of the user is one line on stderr and exit status 2, never a traceback."""

from __future__ import annotations

import sys
from collections.abc import Callable

from mocap.errors import MotionError


class UserError(ValueError):
    """Input a stage cannot use; the message is one line: the file or key, what was found, what was expected."""


def run(main: Callable[[], None]) -> None:
    """Call a stage's `main` and turn the errors a user can cause into one line."""
    try:
        main()
    except (UserError, MotionError, OSError) as error:
        sys.exit(_fail(str(error)))
    except KeyboardInterrupt:
        sys.exit(130)


def _fail(message: str) -> int:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return 2

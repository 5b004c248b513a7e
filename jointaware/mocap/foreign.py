"""Turn the errors of third-party readers on damaged or wrong files into one-line messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from jointaware.errors import InputError


@contextmanager
def refusing(where: object, expected: str) -> Iterator[None]:
    """Turn any error of the block into an InputError that says where, what was found, and what was expected."""
    try:
        yield
    except InputError:
        raise
    except ImportError as error:
        raise InputError(f"{where}: needs a library that is not installed: pip install {error.name}") from error
    except Exception as error:
        # Damaged bytes surface as almost any exception, from EOFError to UnicodeDecodeError.
        found = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{where}: cannot be read ({found}), expected {expected}") from error

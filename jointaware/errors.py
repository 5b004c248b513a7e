"""The one error that a user can cause."""


class InputError(ValueError):
    """Input that cannot be used; the message is one line: the file or key, what was found, what was expected."""

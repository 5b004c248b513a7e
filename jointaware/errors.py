"""The error for mistakes in the user's input."""


class InputError(ValueError):
    """Unusable input; the message is one line: the file or key, what was found, what was expected."""

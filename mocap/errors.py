"""The one error of this room."""


class MotionError(ValueError):
    """Motion that cannot be used; the message is one line: the file or key, what was found, what was expected."""

"""Errors that a user can cause: the one for mistakes in the input, and how to recognise that memory has run out."""


class InputError(ValueError):
    """Unusable input; the message is one line: the file or key, what was found, what was expected."""


OUT_OF_MEMORY = ("out of memory", "not enough memory", "can't allocate memory", "invalid buffer size")
"""What PyTorch's RuntimeErrors say on GPUs and CPUs."""


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error is of an allocation that failed, by Python, NumPy or PyTorch."""
    return isinstance(error, MemoryError) or any(words in str(error).lower() for words in OUT_OF_MEMORY)

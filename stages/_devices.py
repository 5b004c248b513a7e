"""Where a stage computes."""

from __future__ import annotations

import torch

from stages._command import UserError


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"--device: found {name}, expected a device of this machine ({error})") from error
    return torch.device(name)

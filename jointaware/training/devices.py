"""Where a stage computes, and with how many digits."""

from __future__ import annotations

import sys

import torch

from jointaware.errors import InputError


def choose_device(name: str) -> torch.device:
    """The device of that name; `auto` is a GPU where there is one."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"--device: found {name}, expected a device of this machine ({error})") from error
    torch.backends.cudnn.allow_tf32 = False  # convolutions of a GPU keep all digits, as its products do
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> str:
    """The arithmetic of that name if the device has it; else float32, which is said on stderr."""
    if name == "float32" or (device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)):
        return name
    # Older PyTorch does not tell; there, and where a processor would only imitate them, float32 is faster.
    capabilities = getattr(torch.cpu, "get_capabilities", dict)() if device.type == "cpu" else {}
    if name == "bfloat16" and any(capabilities.get(key) for key in ("avx512_bf16", "amx_bf16", "bf16")):
        return name
    print(f"train.precision: {device} has no {name}; training goes on in float32", file=sys.stderr)
    return "float32"

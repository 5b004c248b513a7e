"""Device and arithmetic precision of a stage."""

from __future__ import annotations

import os
from collections.abc import Mapping

import torch

from jointaware.errors import InputError
from jointaware.progress import report


def choose_device(name: str) -> torch.device:
    """Device by name; `auto` prefers a GPU. InputError if this machine has no such device."""
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=name)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"--device: found {name}, expected a device of this machine ({error})") from error
    torch.backends.cudnn.allow_tf32 = False  # full float32 precision in convolutions, as in matrix products
    return torch.device(name)


def choose_precision(name: str, device: torch.device) -> str:
    """The requested precision if the device supports it; otherwise float32, with a note on stderr.

    Call it before any computation: bfloat16 removes the limit to AVX2 that `stages` sets for oneDNN, which reads it
    only once.
    """
    if name == "float32" or (device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)):
        return name
    # Older PyTorch versions do not report capabilities; there, and on CPUs that emulate bfloat16, float32 is faster.
    is_reported = device.type == "cpu" and hasattr(torch.cpu, "get_capabilities")
    capabilities: Mapping[str, object] = torch.cpu.get_capabilities() if is_reported else {}
    if name == "bfloat16" and any(capabilities.get(key) for key in ("avx512_bf16", "amx_bf16", "bf16")):
        os.environ.pop("ONEDNN_MAX_CPU_ISA", None)
        return name
    report(f"train.precision: {device} does not support {name}; training in float32")
    return "float32"

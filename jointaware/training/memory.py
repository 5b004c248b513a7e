"""Memory for training: what a run needs at least is compared with what there is before it is taken."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from jointaware.artifacts.network_files import build_network
from jointaware.artifacts.parameters import Experiment
from jointaware.errors import InputError, is_out_of_memory
from jointaware.pose.network import INPUTS

GIBIBYTE = 2**30
COPIES = 5
"""Of the weights: themselves, their gradients, and three moments of Adam with amsgrad."""
FLOAT, INDEX = 4, 8
"""Bytes of a number and of the index of a frame."""


def check_memory(run: str, experiment: Experiment, *, frames: int, device: torch.device) -> None:
    """InputError unless the weights and the inputs of one batch fit into the free memory of the device.

    run: its name, for the message. frames: that there are to train on.

    What the layers compute needs more, so that training may still run out of memory.
    """
    try:
        with torch.device("meta"):
            network = build_network(experiment)
        weights = COPIES * FLOAT * sum(weight.numel() for weight in network.parameters())
    except (RuntimeError, TypeError) as error:  # sizes beyond 64 bits
        raise InputError(f"{run}: train.channels: found {experiment.channels}, more than any memory holds") from error
    added = max(experiment.clips * experiment.clip_frames, experiment.extra_frames)
    outputs = min(experiment.batch_size, frames) + added
    inputs = outputs // network.output_frames * network.receptive_field * (INDEX + FLOAT * INPUTS)
    if (needed := weights + inputs) > (free := free_memory(device)):
        keys = ("channels", "network") if weights > inputs else ("batch_size", "clips", "clip_frames", "network")
        settings = ", ".join(f"train.{key}" for key in keys)
        raise InputError(
            f"{run}: training needs at least {needed / GIBIBYTE:.1f} GiB of memory, {free / GIBIBYTE:.1f} are free on "
            f"{device}; expected a smaller {settings}"
        )


@contextmanager
def explaining_memory(run: str, experiment: Experiment) -> Iterator[None]:
    """Turn the error of an allocation into an InputError that names the parameters that memory depends on most."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        used = ", ".join(f"train.{key} {getattr(experiment, key)}" for key in ("batch_size", "clips", "channels"))
        raise InputError(f"{run}: out of memory with {used}; expected smaller ones or more memory") from error


def free_memory(device: torch.device) -> int:
    """Bytes that can be allocated: on a CPU without swapping, and within the limit of a container."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free
    known = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    if (system := Path("/proc/meminfo")).exists():
        lines = dict(line.split(":") for line in system.read_text().splitlines())
        known.append(1024 * int(lines["MemAvailable"].split()[0]))
    if (container := Path("/sys/fs/cgroup/memory.max")).exists() and (
        text := container.read_text().strip()
    ).isdecimal():
        known.append(int(text))
    return min(known)

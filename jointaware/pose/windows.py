"""Which frames the network sees: windows of a flat array in which all sequences lie end to end.

A window is a row (start, first, last): its first output frame, and the first and last frame of its sequence, all as
indices into the flat array. Frames beyond either end of the sequence repeat the frame at that end, as in VideoPose3D.
A mirrored copy of the data is only more sequences (`with_mirrored`), so that augmentation needs no code of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from jointaware.pose.skeleton import MIRRORED


def mirror(pose: Tensor, mirrored: Sequence[int] = MIRRORED) -> Tensor:
    """The pose seen in a mirror: x negated, left and right swapped.

    pose: (..., 17, 2 or 3), keypoints in normalised screen coordinates or joints in the camera frame.
    mirrored: for each of the 17 the one that takes its place; some detectors order their keypoints in their own way.
    """
    swapped = pose[..., list(mirrored), :]
    return torch.cat([-swapped[..., :1], swapped[..., 1:]], dim=-1)


def with_mirrored(poses: Tensor, mirrored: Sequence[int] = MIRRORED) -> Tensor:
    """The frames and, after them, the same frames mirrored, (2 x frames, 17, 2 or 3); arguments as in `mirror`."""
    return torch.cat([poses, mirror(poses, mirrored)])


def cut(first: Tensor, last: Tensor, length: int) -> Tensor:
    """Windows of `length` output frames that cover every sequence, (windows, 3) rows (start, first, last).

    first, last: (sequences,) integers, the first and last frame of each sequence in the flat array.

    Windows lie side by side. Where they do not fill the sequence they overhang it by the same number of frames at
    both ends, one more behind than in front if that number is odd (VideoPose3D's `ChunkedGenerator`).
    """
    if length < 1:
        raise ValueError(f"a window must have at least 1 output frame; found {length}")
    frames = last - first + 1
    count = (frames + length - 1) // length
    sequence = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
    number = torch.arange(len(sequence), device=count.device) - (count.cumsum(0) - count)[sequence]
    start = first - (count * length - frames) // 2
    return torch.stack([start[sequence] + number * length, first[sequence], last[sequence]], dim=1)


def frame_by_frame(windows: Tensor, length: int) -> Tensor:
    """A window of one output frame for each frame of windows of `length`, (windows x length, 3), one after another."""
    rows = windows.repeat_interleave(length, dim=0)
    rows[:, 0] += torch.arange(length, device=windows.device).repeat(len(windows))
    return rows


def target_frames(windows: Tensor, length: int = 1) -> Tensor:
    """Indices of the output frames of each window of `length` frames, (windows, length)."""
    offset = torch.arange(length, device=windows.device)
    return (windows[:, :1] + offset).clamp(windows[:, 1:2], windows[:, 2:])


def input_frames(windows: Tensor, receptive_field: int, length: int = 1, *, causal: bool = False) -> Tensor:
    """Indices of the frames that the network sees for each window, (windows, receptive_field + length - 1)."""
    before = receptive_field - 1 if causal else receptive_field // 2
    offset = torch.arange(receptive_field + length - 1, device=windows.device) - before
    return (windows[:, :1] + offset).clamp(windows[:, 1:2], windows[:, 2:])

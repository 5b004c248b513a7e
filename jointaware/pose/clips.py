"""Frame indices of clips: spans of consecutive output frames, cut from a flat array of concatenated sequences.

A clip is a row (start, first, last): its first output frame, and the first and last frame of its sequence, all as
indices into the flat array. Frames beyond either end of the sequence repeat the frame at that end, as in VideoPose3D.
Augmentation needs no code here: mirrored data (`mirroring.with_mirrored`) are appended as further sequences.
"""

from __future__ import annotations

import torch
from torch import Tensor


def cut_clips(first: Tensor, last: Tensor, frames: int) -> Tensor:
    """Adjacent clips of `frames` output frames that cover every sequence, (clips, 3) rows (start, first, last).

    first, last: (sequences,) integers, the first and last frame of each sequence in the flat array.

    Clips that do not fit the sequence exactly overhang both ends by the same number of frames, or by one more at the
    end if the overhang is odd, as in VideoPose3D's `ChunkedGenerator`. Raises ValueError if `frames` is below 1.
    """
    if frames < 1:
        raise ValueError(f"a clip must have at least 1 output frame; found {frames}")
    length = last - first + 1
    count = (length + frames - 1) // frames
    sequence, number = _numbered(count)
    start = first - (count * frames - length) // 2
    return torch.stack([start[sequence] + number * frames, first[sequence], last[sequence]], dim=1)


def draw_clips(first: Tensor, last: Tensor, frames: int, generator: torch.Generator) -> Tensor:
    """Random clips of `frames` output frames within their sequences, (clips, 3) rows (start, first, last).

    first, last: (sequences,) integers, the first and last frame of each sequence in the flat array.

    A sequence has `clip_counts` clips. The starts at which a clip fits into it are divided evenly among them, and each
    is drawn from its own part, so that all frames are about equally likely. A sequence shorter than a clip has one,
    which overhangs both ends as in `cut_clips`.
    """
    length, count = last - first + 1, clip_counts(first, last, frames)
    sequence, number = _numbered(count)
    fitting = (length - frames + 1)[sequence]
    drawn = torch.rand(len(sequence), generator=generator, device=count.device, dtype=torch.float64)
    place = ((number + drawn) * fitting / count[sequence]).long().minimum(fitting - 1)
    start = first[sequence] + torch.where(fitting > 0, place, -((1 - fitting) // 2))
    return torch.stack([start, first[sequence], last[sequence]], dim=1)


def clip_counts(first: Tensor, last: Tensor, frames: int) -> Tensor:
    """Clips of each sequence that together are about as long as it, at least one, (sequences,)."""
    return ((2 * (last - first + 1) + frames) // (2 * frames)).clamp(min=1)


def single_frames(clips: Tensor, frames: int) -> Tensor:
    """Split clips of `frames` output frames into clips of one, (clips x frames, 3), in order.

    clips: (clips, 3) rows (start, first, last).
    """
    rows = clips.repeat_interleave(frames, dim=0)
    rows[:, 0] += torch.arange(frames, device=clips.device).repeat(len(clips))
    return rows


def target_frames(clips: Tensor, frames: int = 1) -> Tensor:
    """Indices of the output frames of clips of `frames` frames, (clips, frames).

    clips: (clips, 3) rows (start, first, last).
    """
    offset = torch.arange(frames, device=clips.device)
    return (clips[:, :1] + offset).clamp(clips[:, 1:2], clips[:, 2:])


def input_frames(clips: Tensor, receptive_field: int, frames: int = 1, *, causal: bool = False) -> Tensor:
    """Indices of the input frames of clips of `frames` output frames, (clips, receptive_field + frames - 1).

    clips: (clips, 3) rows (start, first, last).
    causal: an output frame is the last one of its receptive field instead of the middle one.
    """
    before = receptive_field - 1 if causal else receptive_field // 2
    offset = torch.arange(receptive_field + frames - 1, device=clips.device) - before
    return (clips[:, :1] + offset).clamp(clips[:, 1:2], clips[:, 2:])


def _numbered(count: Tensor) -> tuple[Tensor, Tensor]:
    """For each of `count` clips of each sequence: the index of the sequence, and the clip's number in it from 0."""
    sequence = torch.repeat_interleave(torch.arange(len(count), device=count.device), count)
    return sequence, torch.arange(len(sequence), device=count.device) - (count.cumsum(0) - count)[sequence]

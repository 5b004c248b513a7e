"""Windows of sequences for the learned smoother, and sequences smoothed by sliding a window over them.

A window is a row (start, first, last) as in `jointaware.pose.clips`. A sequence shorter than a window has a single one,
in which its last frame is repeated.
"""

from __future__ import annotations

import torch
from torch import Tensor

from jointaware.pose.clips import cut_clips, target_frames
from jointaware.pose.smoothing.network import Smoother, smooth_windows


def all_windows(first: Tensor, last: Tensor, window: int) -> Tensor:
    """Windows at every start at which they fit into their sequence, (windows, 3) rows (start, first, last).

    first, last: (sequences,) integers, the first and last frame of each sequence in the flat array.
    """
    rows = cut_clips(first, last, 1)
    start, begin, end = rows.unbind(dim=1)
    return rows[(start + window - 1 <= end) | (start == begin)]


def slide(smoother: Smoother, joints: Tensor) -> Tensor:
    """Smooth a sequence, of the same shape: the mean of all windows that see a frame, which start one frame apart.

    joints: (frames, joints, 3) metres, at least one frame.
    """
    frames, window = len(joints), smoother.window
    rows = all_windows(torch.tensor([0]), torch.tensor([frames - 1]), window).to(joints.device)
    smoothed = smooth_windows(smoother, joints[target_frames(rows, window)])
    padded = max(frames, window)
    total = joints.new_zeros(padded, *joints.shape[1:])
    count = joints.new_zeros(padded, 1, 1)
    for place in range(window):  # not index_add, whose order of summation differs between runs on a GPU
        total[place : place + len(rows)] += smoothed[:, place]
        count[place : place + len(rows)] += 1
    return (total / count)[:frames]

"""Training data on the device: the flat arrays of all sequences, and batches as indices into them.

A batch consists of single frames and, if the experiment uses them, clips of consecutive frames; or, for a network that
lifts clips, of clips alone. All are rows (start, first, last) as in `jointaware.pose.clips`, for which `Motion.gather`
gathers network inputs; nothing is copied in advance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from jointaware.artifacts.sequences import Sequences
from jointaware.errors import InputError
from jointaware.pose.clips import clip_counts, cut_clips, draw_clips, target_frames
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.mirroring import with_mirrored


@dataclass(frozen=True)
class Motion:
    """Flat arrays of concatenated sequences, on the training device.

    keypoints: (frames, 17, 2) normalised screen coordinates. joints: (frames, 17, 3) metres, root-relative.
    first, last: (sequences,) indices of the first and last frame of each sequence.
    """

    keypoints: Tensor
    joints: Tensor
    first: Tensor
    last: Tensor

    @classmethod
    def of(cls, keypoints: Tensor, joints: Tensor, lengths: Tensor) -> Motion:
        """Build from flat arrays and the number of frames of each sequence."""
        end = lengths.cumsum(0)
        return cls(keypoints, joints, end - lengths, end - 1)

    def with_mirrored(self, mirrored_keypoints: Sequence[int]) -> Motion:
        """Append the mirror image as further sequences; mirrored_keypoints as in `jointaware.pose.lifting.lift`."""
        frames = len(self.keypoints)
        first, last = (torch.cat([index, index + frames]) for index in (self.first, self.last))
        keypoints = with_mirrored(self.keypoints, mirrored_keypoints)
        return Motion(keypoints, with_mirrored(self.joints), first, last)

    def gather(self, rows: Tensor, network: LiftingNetwork) -> tuple[Tensor, Tensor]:
        """A network's inputs and targets for rows of `network.output_frames` frames.

        rows: (rows, 3) rows (start, first, last). Returns keypoints, (rows, receptive_field, 17, 2), and joints, (rows,
        output_frames, 17, 3).
        """
        return self.keypoints[network.input_frames(rows)], self.joints[target_frames(rows, network.output_frames)]


def read_motion(sequences: Sequences, split: str, device: torch.device, *, fold: int | None = None) -> Motion:
    """Load the motion of one split, of one fold, onto a device; InputError if the split is empty."""
    rows = sequences.of(split, fold)
    if rows.empty:
        table = sequences.path.with_suffix(".csv")
        raise InputError(f"{table}: found no sequence of the split {split}, expected at least one")
    keypoints, joints = (torch.from_numpy(sequences.read(name, split, fold)) for name in ("keypoints", "joints"))
    lengths = torch.tensor(rows["frames"].to_numpy())
    return Motion.of(keypoints.to(device), joints.to(device), lengths.to(device))


class Batches:
    """One shuffled pass over the motion; each batch is `batch_size` single frames and `clips` clips of `clip_frames`.

    Single frames are drawn without replacement, clips with replacement from all starts at which they fit into
    the sequence. A batch without clips has `extra_frames` more single frames, drawn with replacement.

    output_frames: frames that the network lifts together. If there are several, a batch is as many clips of them as
        `batch_size` frames hold, drawn anew for every pass (`draw_clips`).
    """

    def __init__(
        self,
        motion: Motion,
        *,
        batch_size: int,
        clips: int,
        clip_frames: int,
        extra_frames: int = 0,
        output_frames: int = 1,
    ) -> None:
        self.motion, self.output_frames = motion, output_frames
        self.generator = torch.Generator(motion.joints.device)
        self.batch_size, self.clips_per_batch, self.extra_frames = batch_size // output_frames, clips, extra_frames
        rows = int(clip_counts(motion.first, motion.last, output_frames).sum())
        # Batch norm cannot normalise a last batch of one frame: that frame is left out of the epoch.
        self.batches = max(1, math.ceil((rows - (output_frames == 1)) / self.batch_size))
        self.singles = cut_clips(motion.first, motion.last, 1)
        start, first, last = self.singles.unbind(dim=1)
        self.clips = self.singles[start + clip_frames - 1 <= last] if clips else self.singles
        longest = int((last - first).max()) + 1
        for key, frames in {"clip_frames": clip_frames if clips else 1, "network.frames": output_frames}.items():
            if frames > longest:
                raise InputError(f"{key}: found {frames}, expected at most {longest}, the longest training sequence")

    def __len__(self) -> int:
        return self.batches

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Batches of (single frames or clips to lift, added clips), rows of `jointaware.pose.clips`, by `generator`."""
        generator, device = self.generator, self.singles.device
        rows = self.singles
        if self.output_frames > 1:
            rows = draw_clips(self.motion.first, self.motion.last, self.output_frames, generator)
        shuffled = rows[torch.randperm(len(rows), generator=generator, device=device)]
        for batch in range(self.batches):
            drawn = torch.randint(len(self.clips), (self.clips_per_batch,), generator=generator, device=device)
            yield shuffled[batch * self.batch_size :][: self.batch_size], self.clips[drawn]

    def extra(self) -> Tensor:
        """`extra_frames` single frames as rows of `jointaware.pose.clips`, drawn with replacement."""
        drawn = (self.extra_frames,)
        return self.singles[
            torch.randint(len(self.singles), drawn, generator=self.generator, device=self.singles.device)
        ]

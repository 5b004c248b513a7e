"""Whole sequences: edge padding and flip averaging, as in VideoPose3D's evaluation."""

import pytest
import torch

from jointaware.pose import lifting
from jointaware.pose.lifting import ClipNetwork, FrameNetwork, LiftingNetwork, lift
from jointaware.pose.mirroring import mirror
from jointaware.pose.network import TemporalNetwork, from_videopose3d


@torch.no_grad()
def test_flip_averaged_predictions_equal_videopose3d(reference):
    arrays = reference("evaluate")
    network = from_videopose3d(arrays.state()).eval()
    for number in range(24):
        expected = arrays.tensor(f"seq{number:02d}/prediction_flip")
        found = lift(network, arrays.tensor(f"seq{number:02d}/input_2d"), use_flip=True)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("frames", [1, 5, 40])
@torch.no_grad()
def test_every_frame_is_lifted_however_short_the_sequence(causal, frames):
    network = TemporalNetwork([3, 3, 3], 8, causal=causal).eval()
    assert lift(network, torch.randn(frames, 17, 2), use_flip=True).shape == (frames, 17, 3)


@torch.no_grad()
def test_a_causal_network_does_not_see_the_future():
    network = TemporalNetwork([3, 3], 8, causal=True).eval()
    keypoints = torch.randn(20, 17, 2)
    changed = keypoints.clone()
    changed[12:] += 1
    before, after = (lift(network, motion, use_flip=False) for motion in (keypoints, changed))
    torch.testing.assert_close(before[:12], after[:12])
    assert not torch.allclose(before[12], after[12])


@torch.no_grad()
def test_with_flip_averaging_a_mirrored_sequence_gives_the_mirrored_joints():
    network = TemporalNetwork([3, 3], 8).eval()
    keypoints = torch.randn(12, 17, 2)
    torch.testing.assert_close(
        lift(network, mirror(keypoints), use_flip=True), mirror(lift(network, keypoints, use_flip=True))
    )


@torch.no_grad()
def test_keypoints_in_another_order_are_mirrored_by_their_own_pairs():
    network = TemporalNetwork([3, 3], 8).eval()
    coco = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
    keypoints = torch.randn(12, 17, 2)
    there, back = (
        lift(network, seen, use_flip=True, mirrored_keypoints=coco) for seen in (keypoints, mirror(keypoints, coco))
    )
    torch.testing.assert_close(back, mirror(there))


class MiddleFrame(FrameNetwork):
    """Keypoints of the middle of three frames, at depth 0: another network by the same interface."""

    receptive_field, causal = 3, False

    def forward(self, keypoints: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.pad(keypoints[:, 1:-1], (0, 1))

    def windows(self, keypoints: torch.Tensor, *, excluded: int = 0) -> torch.Tensor:
        return self(keypoints)


@pytest.mark.parametrize("use_flip", [False, True])
def test_any_network_of_the_interface_lifts(use_flip):
    keypoints = torch.randn(5, 17, 2)
    lifted = lift(MiddleFrame(), keypoints, use_flip=use_flip)
    torch.testing.assert_close(lifted[..., :2], keypoints)


class WholeClip(ClipNetwork):
    """Keypoints at the depth of their frame's place in a clip of at most ten."""

    receptive_field = 10

    def forward(self, keypoints: torch.Tensor) -> torch.Tensor:
        assert keypoints.shape[1] <= self.receptive_field
        place = torch.arange(keypoints.shape[1], dtype=keypoints.dtype)[:, None, None]
        return torch.cat([keypoints, place.expand_as(keypoints[..., :1])], dim=-1)


@pytest.mark.parametrize("frames", [1, 9, 10, 11, 15, 16, 47])
@pytest.mark.parametrize("at_once", [1, 20, 10**6])
def test_every_frame_is_lifted_from_overlapping_clips(frames, at_once, monkeypatch):
    monkeypatch.setattr(lifting, "FRAMES_AT_ONCE", at_once)
    keypoints = torch.randn(frames, 17, 2)
    lifted = lift(WholeClip(), keypoints, use_flip=True)
    assert lifted.shape == (frames, 17, 3)
    torch.testing.assert_close(lifted[..., :2], keypoints)


def test_adjacent_clips_overlap_by_half_and_fade_into_each_other():
    """A frame at place p of one clip and p - 5 of the next has weights by its distance from the ends of both."""
    depth = lift(WholeClip(), torch.zeros(15, 17, 2), use_flip=False)[:, 0, 2]
    faded = [((5 - p) * (5 + p) + (p + 1) * p) / 6 for p in range(5)]
    torch.testing.assert_close(depth, torch.tensor([0.0, 1, 2, 3, 4, *faded, 5, 6, 7, 8, 9]))


def test_a_network_that_lifts_clips_excludes_nothing_from_a_batch():
    with pytest.raises(ValueError, match="found 2"):
        WholeClip().windows(torch.zeros(3, 10, 17, 2), excluded=2)


def test_a_network_without_the_interface_cannot_be_built():
    class Incomplete(LiftingNetwork):
        pass

    with pytest.raises(TypeError, match="windows"):
        Incomplete()

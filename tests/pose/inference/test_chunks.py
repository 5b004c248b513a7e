"""A video in chunks is the video."""

import pytest
import torch

from jointaware.pose.inference.chunks import lift_in_chunks
from jointaware.pose.lifting import lift
from jointaware.pose.network import TemporalNetwork

FRAMES = 50


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("use_flip", [False, True])
@pytest.mark.parametrize("frames", [1, 7, 49, 50, 51])
def test_chunks_together_are_the_whole(causal, use_flip, frames):
    torch.manual_seed(0)
    network, keypoints = TemporalNetwork([3, 3, 3], 16, causal=causal).eval(), torch.rand(FRAMES, 17, 2)
    chunks = list(lift_in_chunks(network, keypoints, use_flip=use_flip, frames=frames))
    assert [len(chunk) for chunk in chunks[:-1]] == [frames] * (len(chunks) - 1)
    with torch.no_grad():
        whole = lift(network, keypoints, use_flip=use_flip)
    torch.testing.assert_close(torch.cat(chunks), whole, atol=1e-6, rtol=0)

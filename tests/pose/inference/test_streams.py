"""A stream lifted frame by frame gives what the whole sequence gives."""

import pytest
import torch
from torch import Tensor, nn

from jointaware.pose.inference.streams import Stream
from jointaware.pose.lifting import FrameNetwork, lift
from jointaware.pose.network import TemporalNetwork

KEYPOINTS = torch.rand(80, 17, 2, generator=torch.Generator().manual_seed(0))


class Average(FrameNetwork):
    """Another causal network: the mean of five frames, through one layer."""

    receptive_field, causal = 5, True

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(34, 51)

    def forward(self, keypoints: Tensor) -> Tensor:
        means = keypoints.flatten(2).unfold(1, 5, 1).mean(dim=-1)
        return self.layer(means).unflatten(-1, (17, 3))

    def windows(self, keypoints: Tensor, *, excluded: int = 0) -> Tensor:
        return self(keypoints)


def networks() -> dict[str, FrameNetwork]:
    torch.manual_seed(0)
    return {
        "27 frames": TemporalNetwork([3, 3, 3], 16, causal=True),
        "other widths": TemporalNetwork([5, 3, 1], 16, causal=True),
        "one frame": TemporalNetwork([1], 16, causal=True),
        "dense": TemporalNetwork([3, 3], 16, causal=True, dense=True),
        "another network": Average(),
    }


@pytest.mark.parametrize("name", networks())
@pytest.mark.parametrize("use_flip", [False, True])
def test_a_stream_equals_the_batch(name, use_flip):
    network = networks()[name].eval()
    stream = Stream(network, use_flip=use_flip)
    streamed = torch.stack([stream.lift(frame) for frame in KEYPOINTS])
    with torch.no_grad():
        torch.testing.assert_close(streamed, lift(network, KEYPOINTS, use_flip=use_flip), atol=1e-6, rtol=0)


def test_the_memory_of_a_stream_does_not_grow():
    network = TemporalNetwork([3, 3, 3], 16, causal=True).eval()
    stream, calls = Stream(network, use_flip=False), []
    network.shrink.register_forward_hook(lambda _module, inputs, _output: calls.append(inputs[0].shape))
    for frame in KEYPOINTS:
        stream.lift(frame)
    assert calls == [(1, 16)] * len(KEYPOINTS)


def test_a_network_that_looks_ahead_lifts_no_stream():
    with pytest.raises(ValueError, match="expected a causal one"):
        Stream(TemporalNetwork([3], 4), use_flip=False)

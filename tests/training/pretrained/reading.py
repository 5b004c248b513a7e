"""Read a checkpoint, or see it refused in one line; what is malicious in some of them."""

import os

import pytest
import torch

from jointaware.artifacts.networks import TemporalConvolutional
from jointaware.errors import InputError
from jointaware.training.pretrained import read_pretrained

SETTINGS = TemporalConvolutional(name="temporal_convolutional", filter_widths=(3, 3, 3), causal=False, dense=False)


class Foreign:
    """Part of a malicious checkpoint: unpickling it would create a folder."""

    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


def read(path):
    return read_pretrained(path, SETTINGS)


def refused(path, words, settings=SETTINGS):
    with pytest.raises(InputError, match=words) as caught:
        read_pretrained(path, settings)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def assert_equal(network, expected):
    found, expected = network.state_dict(), expected.state_dict()
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(found[name], value), name

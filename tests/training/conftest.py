"""Data that the tests of training share."""

import pytest
import torch

from jointaware.artifacts.sequences import Sequences
from jointaware.training.batches import Motion, read_motion
from tests.small import make_sequences


@pytest.fixture(scope="session")
def sequences(tmp_path_factory) -> Sequences:
    return make_sequences(tmp_path_factory.mktemp("sequences") / "sequences.safetensors")


@pytest.fixture(scope="session")
def motion(sequences) -> Motion:
    return read_motion(sequences, "train", torch.device("cpu"))

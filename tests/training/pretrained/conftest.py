"""The weights that the checkpoints of these tests hold."""

import pytest
import torch


@pytest.fixture
def state(reference) -> dict[str, torch.Tensor]:
    return reference("model_333").state()

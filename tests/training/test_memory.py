"""Memory for training: what cannot fit is said before it is taken."""

import pytest
import torch

from jointaware.errors import InputError
from jointaware.training.memory import check_memory, explaining_memory, free_memory
from tests.training.small import small_experiment

CPU = torch.device("cpu")


def check(**changes):
    check_memory("wide-0", small_experiment("ours", **changes), frames=1000, device=CPU)


def test_a_usual_run_fits():
    check()
    check(batch_size=10**9)  # no more than there are frames


@pytest.mark.parametrize("channels", [10**6, 10**9, 10**12, 10**30])
def test_a_network_beyond_memory_is_refused_before_it_is_built(channels):
    with pytest.raises(InputError, match=r"^wide-0: .*train\.channels"):
        check(channels=channels)


@pytest.mark.parametrize("changes", [{"clips": 10**9}, {"clip_frames": 10**18}])
def test_a_batch_beyond_memory_is_refused(changes):
    with pytest.raises(InputError, match=r"^wide-0: training needs at least .* GiB .*train\.batch_size, train\.clips"):
        check(**changes)


def test_the_weights_count_five_times(monkeypatch):
    """Gradients and Adam's three moments are as large as the weights."""
    monkeypatch.setattr("jointaware.training.memory.free_memory", lambda _: 5 * 4 * 10**9)
    check(channels=10_000)  # 4 x 10^8 weights: two convolutions
    with pytest.raises(InputError, match=r"needs at least 29\.9 GiB of memory, 18\.6 are free on cpu"):
        check(channels=20_000)


def test_running_out_of_memory_names_run_and_parameters():
    experiment = small_experiment("ours")
    with (
        pytest.raises(InputError, match=r"^wide-0: out of memory with train\.batch_size 32, train\.clips"),
        explaining_memory("wide-0", experiment),
    ):
        torch.empty(10**15)
    with pytest.raises(RuntimeError, match="shape"), explaining_memory("wide-0", experiment):
        torch.zeros(2).reshape(3)


def test_some_memory_is_free():
    assert 2**20 < free_memory(CPU) < 2**50

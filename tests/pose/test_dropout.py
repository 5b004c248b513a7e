"""Dropout with four mask entries from one random number: the same guarantees as PyTorch's own."""

import pytest
import torch

from jointaware.pose.layers.dropout import dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("probability", [0.1, 0.25, 0.9])
def test_features_are_dropped_with_the_probability_and_the_mean_is_preserved(probability, dtype):
    torch.manual_seed(0)
    x = torch.ones(1000, 999, dtype=dtype)
    dropped = dropout(x, probability)
    assert dropped.dtype == dtype
    assert (dropped == 0).double().mean().item() == pytest.approx(probability, abs=2e-3)
    plain = torch.nn.functional.dropout(x, probability)
    assert dropped.double().max().item() == pytest.approx(
        plain.double().max().item(), rel=1e-4 if probability < 0.9 else 1e-3
    )
    assert dropped.double().mean().item() == pytest.approx(plain.double().mean().item(), rel=1e-2)


def test_neighbouring_features_are_dropped_independently():
    torch.manual_seed(0)
    retained = (dropout(torch.ones(4_000_000), 0.25) != 0).double()
    for lag in (1, 2, 3, 4, 8):
        correlation = torch.corrcoef(torch.stack([retained[:-lag], retained[lag:]]))[0, 1]
        assert correlation.abs() < 3e-3


def test_the_gradient_passes_where_a_feature_was_retained():
    x = torch.randn(33, 7, requires_grad=True)
    dropped = dropout(x, 0.5)
    dropped.sum().backward()
    torch.testing.assert_close(x.grad, torch.where(dropped != 0, 2.0, 0.0))


def test_the_number_of_threads_does_not_matter():
    x, threads = torch.randn(300, 1000), torch.get_num_threads()
    found = []
    for number in (1, 2):
        torch.set_num_threads(number)
        torch.manual_seed(3)
        found.append(dropout(x, 0.25))
    torch.set_num_threads(threads)
    assert torch.equal(*found)


@pytest.mark.parametrize("excluded", [1, 3, 5])
def test_excluded_items_are_unchanged_and_the_others_dropped_as_without_them(excluded):
    x = torch.randn(5, 3, 7)
    torch.manual_seed(3)
    dropped = dropout(x, 0.5, excluded)
    assert torch.equal(dropped[5 - excluded :], x[5 - excluded :])
    torch.manual_seed(3)
    assert torch.equal(dropped[: 5 - excluded], dropout(x[: 5 - excluded], 0.5))


def test_probability_zero_changes_nothing():
    x = torch.randn(5)
    assert torch.equal(dropout(x, 0.0), x)

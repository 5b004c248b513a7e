"""Dropout by four masks from one number: what PyTorch's own promises."""

import pytest
import torch

from jointaware.pose.dropout import dropout


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.9])
def test_the_share_is_dropped_and_the_mean_stays(share, dtype):
    torch.manual_seed(0)
    x = torch.ones(1000, 999, dtype=dtype)
    dropped = dropout(x, share)
    assert dropped.dtype == dtype
    assert (dropped == 0).double().mean().item() == pytest.approx(share, abs=2e-3)
    plain = torch.nn.functional.dropout(x, share)
    assert dropped.double().max().item() == pytest.approx(
        plain.double().max().item(), rel=1e-4 if share < 0.9 else 1e-3
    )
    assert dropped.double().mean().item() == pytest.approx(plain.double().mean().item(), rel=1e-2)


def test_neighbouring_features_are_dropped_independently():
    torch.manual_seed(0)
    kept = (dropout(torch.ones(4_000_000), 0.25) != 0).double()
    for lag in (1, 2, 3, 4, 8):
        correlation = torch.corrcoef(torch.stack([kept[:-lag], kept[lag:]]))[0, 1]
        assert correlation.abs() < 3e-3


def test_the_gradient_passes_where_a_feature_was_kept():
    x = torch.randn(33, 7, requires_grad=True)
    dropped = dropout(x, 0.5)
    dropped.sum().backward()
    torch.testing.assert_close(x.grad, torch.where(dropped != 0, 2.0, 0.0))


def test_the_number_of_threads_changes_nothing():
    x, threads = torch.randn(300, 1000), torch.get_num_threads()
    found = []
    for number in (1, 2):
        torch.set_num_threads(number)
        torch.manual_seed(3)
        found.append(dropout(x, 0.25))
    torch.set_num_threads(threads)
    assert torch.equal(*found)


@pytest.mark.parametrize("guests", [1, 3, 5])
def test_guests_stay_as_they_are_and_the_others_drop_as_without_them(guests):
    x = torch.randn(5, 3, 7)
    torch.manual_seed(3)
    dropped = dropout(x, 0.5, guests)
    assert torch.equal(dropped[5 - guests :], x[5 - guests :])
    torch.manual_seed(3)
    assert torch.equal(dropped[: 5 - guests], dropout(x[: 5 - guests], 0.5))


def test_nothing_dropped_is_nothing_changed():
    x = torch.randn(5)
    assert torch.equal(dropout(x, 0.0), x)

"""Excluded rows are normalised with the statistics of the others, and gradients flow through these."""

import pytest
import torch
from torch import nn

from jointaware.pose.layers.normalisation import BatchNorm

EXCLUDED = 7


@pytest.fixture
def norm() -> BatchNorm:
    """With weights and running statistics other than the initial ones."""
    torch.manual_seed(0)
    norm = BatchNorm(6, momentum=0.3).double()
    for values in (norm.weight, norm.bias, norm.running_mean):
        nn.init.normal_(values)
    return norm


def rows() -> torch.Tensor:
    return (3 * torch.randn(50, 6, dtype=torch.float64) + 2).requires_grad_()


def plain(norm: nn.BatchNorm1d, batch: torch.Tensor) -> torch.Tensor:
    """All rows normalised with the statistics of the included rows, step by step."""
    included = batch[:-EXCLUDED]
    mean, variance = included.mean(dim=0), included.var(dim=0, correction=0)
    return (batch - mean) * (variance + norm.eps).rsqrt() * norm.weight + norm.bias


def test_excluded_rows_are_normalised_with_the_others_statistics_and_their_gradient(norm):
    batch, weights = rows(), torch.randn(50, 6, dtype=torch.float64)
    found, expected = norm(batch, EXCLUDED), plain(norm, batch)
    torch.testing.assert_close(found, expected)
    inputs = (batch, norm.weight, norm.bias)
    gradients = (torch.autograd.grad((weights * normalised).sum(), inputs) for normalised in (found, expected))
    torch.testing.assert_close(*gradients)


def test_excluded_rows_change_nothing_for_the_others(norm):
    alone, batch = nn.BatchNorm1d(6, momentum=0.3).double(), rows()
    alone.load_state_dict(norm.state_dict())
    torch.testing.assert_close(norm(batch, EXCLUDED)[:-EXCLUDED], alone(batch[:-EXCLUDED]))
    torch.testing.assert_close(norm.state_dict(), alone.state_dict())


def test_in_bfloat16_sums_are_in_single_precision(norm):
    batch = rows().detach().bfloat16().requires_grad_()
    norm.float()
    found, expected = norm(batch, EXCLUDED), plain(norm, batch.float())
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, rtol=1e-2, atol=1e-2)
    inputs = (batch, norm.weight, norm.bias)
    gradients = [torch.autograd.grad(values.float().square().sum(), inputs) for values in (found, expected)]
    assert gradients[0][0].dtype == torch.bfloat16
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one.float(), other.float(), rtol=0, atol=1e-2 * other.abs().max().item())


def test_in_evaluation_no_row_is_excluded(norm):
    batch = rows()
    norm.eval()
    assert torch.equal(norm(batch, EXCLUDED), norm(batch))

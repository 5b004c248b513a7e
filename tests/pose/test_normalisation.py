"""What is kept of a batch is what it was normalised by, with the gradient that this has."""

import pytest
import torch
from torch import nn

from pose.normalisation import BatchNorm, kept_statistics


@pytest.fixture
def norm() -> BatchNorm:
    """With weights and running statistics of its own."""
    torch.manual_seed(0)
    norm = BatchNorm(6, momentum=0.3).double()
    for values in (norm.weight, norm.bias, norm.running_mean):
        nn.init.normal_(values)
    return norm


def rows() -> torch.Tensor:
    return (3 * torch.randn(50, 6, dtype=torch.float64) + 2).requires_grad_()


def test_it_normalises_and_learns_as_pytorchs(norm):
    plain, batch = nn.BatchNorm1d(6, momentum=0.3).double(), rows()
    plain.load_state_dict(norm.state_dict())
    with kept_statistics(norm):
        found = norm(batch)
    torch.testing.assert_close(found, plain(batch))
    torch.testing.assert_close(norm.state_dict(), plain.state_dict())


def test_statistics_and_their_gradients_are_those_computed_once_more(norm):
    batch, weights = rows(), torch.randn(3, 50, 6, dtype=torch.float64)

    def gradients(normalised, mean, scale):
        loss = (weights[0] * normalised).sum() + (weights[1, 0] * mean).sum() + (weights[2, 0] * scale).sum()
        return torch.autograd.grad(loss, (batch, norm.weight, norm.bias))

    with kept_statistics(norm):
        found = norm(batch), *norm.statistics()
    mean, scale = batch.mean(dim=0), (batch.var(dim=0, correction=0) + norm.eps).rsqrt()
    expected = (batch - mean) * scale * norm.weight + norm.bias, mean, scale
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(gradients(*found), gradients(*expected))


def test_in_half_precision_statistics_stay_whole(norm):
    batch = rows().detach().bfloat16().requires_grad_()
    norm.float()
    with kept_statistics(norm):
        normalised, (mean, scale) = norm(batch), norm.statistics()
    assert normalised.dtype == torch.bfloat16
    whole = batch.float()
    torch.testing.assert_close((mean, scale), (whole.mean(dim=0), whole.var(dim=0, correction=0).rsqrt()))
    (normalised.float().square().sum() + scale.sum()).backward()
    assert batch.grad.dtype == torch.bfloat16
    assert batch.grad.isfinite().all()


def test_they_are_kept_no_longer_than_asked(norm):
    norm(rows())
    assert norm.statistics()[0] is norm.running_mean
    with pytest.raises(KeyError), kept_statistics(nn.Sequential(norm)):
        norm(rows())
        assert norm.statistics()[0] is not norm.running_mean
        raise KeyError
    assert norm.statistics()[0] is norm.running_mean
    norm(rows())
    assert norm.statistics()[0] is norm.running_mean

"""Convolutions: every fast path equals the plain matrix product."""

import pytest
import torch
from torch import nn

from jointaware.pose.layers.convolution import Convolution


@pytest.fixture(params=[32, 34])
def convolution(request) -> Convolution:
    """Kernel size 3 over that many features, with running statistics other than the initial ones."""
    torch.manual_seed(0)
    convolution = Convolution(request.param, 48, kernel_size=3, dilation=3, dropout=0.0).double()
    nn.init.normal_(convolution.norm.weight)
    nn.init.normal_(convolution.norm.bias)
    convolution.norm.running_mean.normal_()
    convolution.norm.running_var.uniform_(0.5, 2)
    return convolution


def plain(convolution: Convolution, inputs: torch.Tensor) -> torch.Tensor:
    """Matrix product, batch norm, ReLU.

    inputs: (batch, output frames, kernel_size x features), the input frames of each output concatenated.
    """
    product = inputs @ convolution.linear.weight.T
    return convolution.norm(product.flatten(0, 1)).view_as(product).relu()


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("frames", [3, 27])
def test_the_strided_mode_is_a_matrix_product(convolution, frames, training):
    x = torch.randn(5, frames, convolution.linear.in_features // 3, dtype=torch.float64)
    convolution.train(training)
    expected = plain(convolution, x.reshape(5, frames // 3, -1))
    torch.testing.assert_close(convolution(x, strided=True), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("training", [True, False])
def test_the_dilated_mode_is_a_matrix_product_of_dilated_inputs(convolution, training):
    x = torch.randn(2, 20, convolution.linear.in_features // 3, dtype=torch.float64)
    convolution.train(training)
    inputs = torch.cat([x[:, start : start + 14] for start in (0, 3, 6)], dim=-1)
    expected = plain(convolution, inputs)
    torch.testing.assert_close(convolution(x, strided=False), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("strided", [True, False])
def test_gradients_are_those_of_the_matrix_product(convolution, strided):
    x = torch.randn(4, 9, convolution.linear.in_features // 3, dtype=torch.float64, requires_grad=True)
    convolution.eval()
    inputs = x.reshape(4, 3, -1) if strided else torch.cat([x[:, start : start + 3] for start in (0, 3, 6)], dim=-1)
    weights = (x, convolution.linear.weight, convolution.norm.weight, convolution.norm.bias)
    expected = torch.autograd.grad(plain(convolution, inputs).square().sum(), weights)
    found = torch.autograd.grad(convolution(x, strided=strided).square().sum(), weights)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)


def test_bfloat16_is_close_to_single_precision(convolution):
    convolution.float()
    x = torch.randn(8, 27, convolution.linear.in_features // 3)
    with torch.autocast("cpu", torch.bfloat16):
        half = convolution(x, strided=True)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), convolution(x, strided=True), rtol=0.1, atol=0.1)

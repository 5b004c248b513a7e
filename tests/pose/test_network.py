"""The temporal network: equal to VideoPose3D's, equal in both modes, and strict about shapes."""

import re

import pytest
import torch

from jointaware.pose.network import TemporalNetwork, from_videopose3d, to_videopose3d

MODELS = ["model_333", "model_33333", "model_333_causal", "model_333_dense"]


@pytest.fixture(params=MODELS)
def model(request, reference):
    arrays = reference(request.param)
    network = from_videopose3d(arrays.state(), causal=bool(arrays["causal"]), dense=bool(arrays["dense"]))
    return network.eval(), arrays


@torch.no_grad()
def test_forward_equals_videopose3d(model):
    network, arrays = model
    expected = arrays.tensor("output")
    torch.testing.assert_close(
        network(arrays.tensor("input")), expected, rtol=0, atol=1e-5 * expected.abs().max().item()
    )
    in_double = network.double()(arrays.tensor("input", torch.float64))
    torch.testing.assert_close(in_double, arrays.tensor("output_f64"), rtol=1e-9, atol=0)


@torch.no_grad()
def test_windows_equal_the_whole_sequence(model):
    network, arrays = model
    network.double()
    keypoints = arrays.tensor("input", torch.float64)
    whole = network(keypoints)
    for start in range(whole.shape[1]):
        seen = keypoints[:, start : start + network.receptive_field]
        torch.testing.assert_close(network.windows(seen)[:, 0], whole[:, start], rtol=1e-9, atol=1e-12)


def test_windows_of_more_frames_than_the_receptive_field_are_refused():
    with pytest.raises(ValueError, match="exactly 9 frames"):
        TemporalNetwork([3, 3], 8).windows(torch.zeros(1, 10, 17, 2))


@pytest.mark.parametrize("dense", [False, True])
def test_excluded_items_are_lifted_as_in_evaluation(dense):
    """Without dropout, with the statistics of the others, which they do not change."""
    torch.manual_seed(0)
    network = TemporalNetwork([3, 3], 8, dropout=0.5, dense=dense).double()
    keypoints, excluded = torch.randn(40, 9, 17, 2, dtype=torch.float64), 12
    torch.manual_seed(1)
    alone = network.windows(keypoints[:-excluded])
    torch.manual_seed(1)
    together = network.windows(keypoints, excluded=excluded)
    torch.testing.assert_close(together[:-excluded], alone)

    norms = [module for module in network.modules() if isinstance(module, torch.nn.BatchNorm1d)]
    for norm in norms:
        norm.momentum = 1.0
    rows: dict[torch.nn.Module, int] = {}
    for norm in norms:
        norm.register_forward_hook(lambda norm, inputs, _: rows.update({norm: len(inputs[0])}))
    torch.manual_seed(1)
    network.windows(keypoints[:-excluded])
    for norm, count in rows.items():  # the running variance is unbiased, the variance used in training is not
        norm.running_var *= (count - 1) / count
    torch.testing.assert_close(together[-excluded:], network.eval().windows(keypoints[-excluded:]))


@torch.no_grad()
def test_windows_equal_videopose3ds_single_frame_model(reference):
    arrays = reference("model_333")
    network, start = from_videopose3d(arrays.state()).eval(), int(arrays["window_start"])
    seen = arrays.tensor("input")[:, start : start + network.receptive_field]
    torch.testing.assert_close(network.windows(seen), arrays.tensor("optimized1f_output"), rtol=0, atol=1e-5)


def test_state_dictionaries_convert_both_ways(model):
    network, arrays = model
    state = arrays.state()
    back = to_videopose3d(network)
    assert back.keys() == state.keys()
    assert all(torch.equal(back[key], state[key]) for key in state)


def test_another_state_dictionary_is_refused_by_key(reference):
    state = reference("model_333").state()
    for change in ({"layers_conv.0.weight": torch.zeros(16, 16, 2, 2)}, {"extra": torch.zeros(1)}):
        with pytest.raises(ValueError, match=next(iter(change))):
            from_videopose3d(state | change)
    for key in ("layers_bn.3.running_mean", "layers_conv.0.weight", "shrink.weight"):
        with pytest.raises(ValueError, match=re.escape(key)):
            from_videopose3d({name: value for name, value in state.items() if name != key})


@pytest.mark.parametrize(("channels", "weights"), [(1024, 16_952_371), (2048, 67_459_123)])
def test_the_published_sizes_hold(channels, weights):
    with torch.device("meta"):
        network = TemporalNetwork([3, 3, 3, 3, 3], channels)
    assert network.receptive_field == 243
    assert sum(weight.numel() for weight in network.parameters()) == weights


@pytest.mark.parametrize("widths", [[], [3, 4], [0]])
def test_filter_widths_must_be_odd(widths):
    with pytest.raises(ValueError, match="odd"):
        TemporalNetwork(widths, 8)


@pytest.mark.parametrize("shape", [(1, 27, 34), (1, 8, 17, 2), (1, 27, 16, 2)])
def test_keypoints_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match="keypoints must"):
        TemporalNetwork([3, 3], 8)(torch.zeros(shape))
    with pytest.raises(ValueError, match="keypoints must"):
        TemporalNetwork([3, 3], 8).windows(torch.zeros(shape))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.float64, 1e-9)])
def test_training_follows_videopose3d_step_by_step(reference, dtype, tolerance):
    """Adam with amsgrad on the position error: every loss, the final weights and the running statistics."""
    from jointaware.pose.losses import position_error

    arrays = reference("train_333")
    suffix = "_f64" if dtype == torch.float64 else ""
    network = from_videopose3d(arrays.state("initial")).to(dtype).train()
    for convolution in (network.expand, *(part for block in network.blocks for part in block.children())):
        convolution.dropout = 0.0
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, amsgrad=True)
    losses = []
    for keypoints, joints in zip(arrays.tensor("inputs", dtype), arrays.tensor("targets", dtype), strict=True):
        loss = position_error(network.windows(keypoints), joints)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    torch.testing.assert_close(torch.stack(losses).double(), arrays.tensor(f"loss{suffix}"), rtol=tolerance, atol=0)
    final, expected = to_videopose3d(network), arrays.state(f"final{suffix}")
    for key, value in expected.items():
        largest = value.abs().max().item()
        torch.testing.assert_close(final[key], value.to(final[key].dtype), rtol=0, atol=tolerance * largest, msg=key)


def test_the_first_step_has_videopose3ds_prediction_and_gradients(reference):
    from jointaware.pose.losses import position_error

    arrays = reference("train_333")
    network = from_videopose3d(arrays.state("initial")).double().train()
    for convolution in (network.expand, *(part for block in network.blocks for part in block.children())):
        convolution.dropout = 0.0
    keypoints, joints = (arrays.tensor(name, torch.float64)[0] for name in ("inputs", "targets"))
    predicted = network.windows(keypoints)
    torch.testing.assert_close(predicted, arrays.tensor("first_prediction_f64"), rtol=1e-9, atol=1e-12)
    position_error(predicted, joints).backward()
    for weight in network.parameters():  # as the weights, so that the gradients convert to VideoPose3D's shapes
        weight.data = weight.grad
    found, expected = to_videopose3d(network), arrays.state("first_grad_f64")
    for key, value in expected.items():
        torch.testing.assert_close(found[key], value, rtol=0, atol=1e-9 * value.abs().max().item(), msg=key)

"""The spatio-temporal transformer: MotionBERT's numbers from MotionBERT's weights, and what it refuses."""

import pytest
import torch

from jointaware.pose.losses import position_error
from jointaware.pose.networks import transformer
from jointaware.pose.networks.transformer import ClipDropout, SpatiotemporalTransformer, from_motionbert

SIZES = {"depth": 2, "heads": 2, "mlp_ratio": 2, "frames": 9}


@pytest.fixture
def arrays(reference):
    return reference("dstformer", "motionbert")


@pytest.mark.parametrize("few_tokens", [0, 64])
@torch.no_grad()
def test_joints_equal_motionberts(arrays, monkeypatch, few_tokens):
    """By PyTorch's fused attention and by the matrix products that take its place on a CPU."""
    monkeypatch.setattr(transformer, "FEW_TOKENS", few_tokens)
    network = from_motionbert(arrays.state(), heads=2).eval()
    keypoints = arrays.tensor("input")
    torch.testing.assert_close(network(keypoints), arrays.tensor("output"), rtol=0, atol=1e-5)
    shorter = network(keypoints[:, :5])
    torch.testing.assert_close(shorter, arrays.tensor("output_of_5_frames"), rtol=0, atol=1e-5)


@torch.no_grad()
def test_weights_for_shorter_clips_and_without_confidence_convert(arrays):
    state, keypoints = arrays.state(), arrays.tensor("input")[:, :5]
    short = from_motionbert(state, heads=2, frames=5).eval()
    assert (short.frames, short.output_frames, short.representation) == (5, 5, 24)
    torch.testing.assert_close(short(keypoints), arrays.tensor("output_of_5_frames"), rtol=0, atol=1e-5)
    weight = state["joints_embed.weight"]
    without = {"joints_embed.weight": weight[:, :2], "joints_embed.bias": state["joints_embed.bias"] + weight[:, 2]}
    again = from_motionbert(state | without, heads=2, frames=5).eval()
    torch.testing.assert_close(again(keypoints), short(keypoints))


def test_the_callers_weights_stay_as_they_are_when_the_network_is_trained(arrays):
    state = arrays.state()
    before = {key: weight.clone() for key, weight in state.items()}
    with torch.no_grad():
        for weight in from_motionbert(state, heads=2).parameters():
            weight.add_(1)
    assert all(torch.equal(state[key], weight) for key, weight in before.items())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"head.bias": None}, "head.bias is missing"),
        ({"temp_embed": None}, "temp_embed is missing"),
        ({"temp_embed": torch.zeros(9, 16)}, r"temp_embed is \(9, 16\), expected 4 axes"),
        ({"pos_embed": torch.zeros(1, 16, 16)}, r"pos_embed is \(1, 16, 16\), expected \(1, 17, 16\)"),
        ({"joints_embed.weight": torch.zeros(16, 4)}, "4 inputs, expected x and y, or x, y and confidence"),
        ({"blocks_ts.1.attn_t.qkv.bias": torch.zeros(16)}, r"qkv.bias is \(16,\), expected \(48,\)"),
        ({"blocks_st.0.mlp_s.fc1.weight": torch.zeros(0, 16)}, "mlp_ratio must be 1 to 64; found 0"),
        ({"blocks_st.2.norm1_s.bias": torch.zeros(16)}, "blocks_st.2.norm1_s.bias is unexpected.* 2 layers"),
    ],
)
def test_a_state_dictionary_of_something_else_is_refused_by_name(arrays, change, words):
    state = {key: weight for key, weight in (arrays.state() | change).items() if weight is not None}
    with pytest.raises(ValueError, match=words):
        from_motionbert(state, heads=2)


def test_heads_that_do_not_divide_the_channels_and_clips_beyond_the_positions_are_refused(arrays):
    with pytest.raises(ValueError, match="multiple of heads; found 16 and 3"):
        from_motionbert(arrays.state(), heads=3)
    with pytest.raises(ValueError, match="a clip of 10 frames is longer than the 9 positions"):
        from_motionbert(arrays.state(), heads=2, frames=10)


def test_a_clip_longer_than_its_positions_is_refused():
    network = SpatiotemporalTransformer(4, **SIZES)
    with pytest.raises(ValueError, match=r"at most 9 frames; found \(1, 10, 17, 2\)"):
        network(torch.zeros(1, 10, 17, 2))
    with pytest.raises(ValueError, match=r"\(batch, frames, 17, 2\); found \(9, 17, 2\)"):
        network(torch.zeros(9, 17, 2))


@pytest.mark.parametrize("size", [{"depth": 0}, {"depth": 10**9}, {"frames": 0}, {"mlp_ratio": 65}, {"heads": 3}])
def test_impossible_sizes_are_refused(size):
    with pytest.raises(ValueError, match=next(iter(size))):
        SpatiotemporalTransformer(4, **SIZES | size)


@pytest.mark.parametrize("few_tokens", [0, 64])
def test_a_batch_without_clips_has_no_joints_and_zero_gradients(monkeypatch, few_tokens):
    """That of a process beside others which share a batch of few clips."""
    monkeypatch.setattr(transformer, "FEW_TOKENS", few_tokens)
    network = SpatiotemporalTransformer(8, **SIZES)
    joints = network(torch.zeros(0, 9, 17, 2))
    assert joints.shape == (0, 9, 17, 3)
    (0 * joints.sum()).backward()
    assert not any(weight.grad.any() for weight in network.parameters())


def test_every_weight_is_trained():
    network = SpatiotemporalTransformer(8, **SIZES, dropout=0.2)
    loss = position_error(network(torch.randn(3, 9, 17, 2)), torch.randn(3, 9, 17, 3))
    loss.backward()
    for name, weight in network.named_parameters():
        assert weight.grad.isfinite().all(), name
        assert weight.grad.any() or name.endswith("keys.bias"), name  # shifts all scores of a query alike


def test_dropout_has_one_mask_for_all_frames_of_a_clip():
    torch.manual_seed(0)
    features = ClipDropout(0.5)(torch.ones(4, 9, 17, 8))
    assert torch.equal(features, features[:, :1].expand_as(features))
    assert set(features.unique().tolist()) == {0.0, 2.0}
    assert not torch.equal(features[0], features[1])
    assert ClipDropout(0.5).eval()(features) is features


def test_a_frame_sees_all_joints_and_all_frames_of_its_clip_and_nothing_of_others():
    network = SpatiotemporalTransformer(8, **SIZES).eval()
    keypoints = torch.randn(2, 9, 17, 2, requires_grad=True)
    network(keypoints)[0, 4, 3].sum().backward()
    assert keypoints.grad[0].abs().sum(dim=-1).all()
    assert not keypoints.grad[1].any()

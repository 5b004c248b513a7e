"""Checkpoints of MotionBERT: the same output, and one line where weights and settings do not fit."""

import resource

import pytest
import torch

from jointaware.artifacts.network_files import write_networks
from jointaware.artifacts.networks import SpatiotemporalTransformer
from jointaware.pose.networks.transformer import from_motionbert
from jointaware.training.pretrained import read_pretrained
from tests.training.pretrained.reading import refused

TRANSFORMER = SpatiotemporalTransformer(name="spatiotemporal_transformer", depth=1, heads=2, mlp_ratio=1, frames=9)


@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_checkpoint_of_motionbert_is_read(reference, tmp_path, prefix):
    arrays, path = reference("dstformer", "motionbert"), tmp_path / "best_epoch.bin"
    state = {f"{prefix}{key}": weight for key, weight in arrays.state().items()}
    torch.save({"epoch": 1, "lr": 1e-4, "optimizer": None, "model_pos": state, "min_loss": 1.0}, path)
    network = read_pretrained(path, TRANSFORMER)
    assert not network.training
    with torch.no_grad():
        torch.testing.assert_close(network(arrays.tensor("input")), arrays.tensor("output"), rtol=0, atol=1e-5)


def test_a_checkpoint_of_the_other_network_is_refused(reference, state, tmp_path):
    path, other = tmp_path / "checkpoint.bin", reference("dstformer", "motionbert").state()
    torch.save({"model_pos": state}, path)
    refused(path, "found VideoPose3D's network, expected MotionBERT's network", TRANSFORMER)
    torch.save({"model_pos": other}, path)
    refused(path, "found MotionBERT's network, expected VideoPose3D's network")
    ours = tmp_path / "network.safetensors"
    write_networks(ours, [from_motionbert(other, heads=2)])
    assert read_pretrained(ours, TRANSFORMER).depth == 2
    refused(ours, "found a network spatiotemporal_transformer, expected temporal_convolutional")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"frames": 10}, "a clip of 10 frames is longer than the 9 positions of temp_embed"),
        ({"heads": 3}, r"MotionBERT's network \(heads 3, frames 9\) .* multiple of heads; found 16 and 3"),
    ],
)
def test_settings_that_do_not_fit_a_checkpoint_of_motionbert_are_refused(reference, tmp_path, change, words):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": reference("dstformer", "motionbert").state()}, path)
    refused(path, words, TRANSFORMER.model_copy(update=change))


@pytest.mark.parametrize(
    "declare",
    [
        {"joints_embed.weight": torch.zeros(1).expand(10**8, 3)},
        {"joints_embed.weight": torch.zeros(10**9, 3, 0)},
        {"temp_embed": torch.zeros(1).expand(1, 10**9, 1, 16)},
        {"pre_logits.fc.weight": torch.zeros(1).expand(10**9, 16)},
        {f"ts_attn.{number}.weight": torch.zeros(1) for number in range(2000)},
    ],
    ids=["channels", "axes", "positions", "representation", "layers"],
)
def test_a_small_checkpoint_of_motionbert_takes_little_whatever_it_declares(reference, tmp_path, declare):
    path = tmp_path / "checkpoint.bin"
    torch.save({"model_pos": reference("dstformer", "motionbert").state() | declare}, path)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused(path, str(path), TRANSFORMER)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 2**20  # KiB

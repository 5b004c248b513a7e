"""The keypoints of a real video, lifted end to end; the reference is of four cameras.

The gates are on what `jointaware lift` gives without options, with the network that comes along.
"""

import numpy as np
import pytest

from jointaware.__main__ import main
from jointaware.video.command import SHIPPED, SHIPPED_CAUSAL
from jointaware.video.lifted import read_lifted
from tests.video import written
from workflow.networks.real_video import CAMERAS, CONSTANT_MM, FOLDER, LIMBS, errors, measure

JITTER_MM = 12.0
"""Largest jitter, mm/frame²; the reference itself has 10."""


@pytest.mark.parametrize("camera", CAMERAS)
def test_the_network_that_comes_along_is_better_than_a_constant_pose_and_calm(camera, tmp_path, capsys):
    main(["lift", str(FOLDER / f"{camera}.npz"), "--out", str(tmp_path)])
    found = measure(read_lifted(tmp_path / f"{camera}.npz").joints)
    assert found["p_mpjpe_mm"] < CONSTANT_MM
    assert found["jitter_mm"] < JITTER_MM
    assert ("left and right exchanged" in capsys.readouterr().out) == (camera == "cam02")


@pytest.mark.parametrize("network", [*SHIPPED, *SHIPPED_CAUSAL])
def test_the_networks_come_near_to_mediapipe(network):
    found = errors(FOLDER.parents[2] / f"networks/{network}.safetensors")
    assert np.mean([each["p_mpjpe_mm"] for each in found.values()]) < CONSTANT_MM
    assert max(each["jitter_mm"] for each in found.values()) < JITTER_MM


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("layout", ["coco", "h36m"])
def test_a_real_video_is_lifted_end_to_end(camera, layout, tmp_path, capsys):
    network = written.network(tmp_path / "network.safetensors", layout=layout)
    main(["lift", str(FOLDER / f"{camera}.npz"), "--network", str(network), "--out", str(tmp_path), "--smooth"])
    take = read_lifted(tmp_path / f"{camera}.npz")
    assert (take.fps, take.size, len(take.joints)) == (60.0, (1080, 1920), 100)
    assert np.isfinite(list(measure(take.joints).values())).all()


def test_the_measure_is_right():
    with np.load(FOLDER / "reference.npz") as file:
        joints = np.zeros((100, 17, 3))
        joints[:, list(LIMBS)] = file["joints"][:, list(LIMBS.values())]
    found = measure(joints)
    assert found["p_mpjpe_mm"] < 1e-6
    assert found["jitter_mm"] == pytest.approx(10.3 * 12 / 17, rel=0.15)
    mean = np.broadcast_to(joints.mean(axis=0), joints.shape)
    assert measure(mean)["p_mpjpe_mm"] > 50

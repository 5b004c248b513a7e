"""The keypoints of a real video, lifted end to end by the command; the reference is of four cameras.

The numbers are held to be finite and to be printed; how good they are depends on the network that is there.
"""

import numpy as np
import pytest
import torch

from jointaware.__main__ import main
from jointaware.pose.metrics import p_mpjpe
from jointaware.video.lifted import read_lifted
from tests.house import ROOT
from tests.video import written

FOLDER = ROOT / "tests/reference/real-video"
LIMBS = {1: 24, 2: 26, 3: 28, 4: 23, 5: 25, 6: 27, 11: 11, 12: 13, 13: 15, 14: 12, 15: 14, 16: 16}
"""MediaPipe's landmark of each joint that the reference has."""


def measure(joints: np.ndarray) -> tuple[float, float]:
    """P-MPJPE in mm over the limbs, and jitter in mm/frame²."""
    with np.load(FOLDER / "reference.npz") as file:
        reference = torch.from_numpy(file["joints"][:, list(LIMBS.values())]).double()
    predicted = torch.from_numpy(joints[:, list(LIMBS)]).double()
    jitter = np.linalg.norm(np.diff(joints, n=2, axis=0), axis=-1).mean()
    return 1000 * float(p_mpjpe(predicted, reference).mean()), 1000 * float(jitter)


@pytest.mark.parametrize("camera", ["cam01", "cam02"])
@pytest.mark.parametrize("layout", ["coco", "h36m"])
def test_a_real_video_is_lifted_end_to_end(camera, layout, tmp_path, capsys):
    network = written.network(tmp_path / "network.safetensors", layout=layout)
    main(["lift", str(FOLDER / f"{camera}.npz"), "--network", str(network), "--out", str(tmp_path), "--smooth"])
    take = read_lifted(tmp_path / f"{camera}.npz")
    assert (take.fps, take.size, len(take.joints)) == (60.0, (1080, 1920), 100)
    assert np.isfinite(measure(take.joints)).all()


def test_the_measure_is_right():
    with np.load(FOLDER / "reference.npz") as file:
        joints = np.zeros((100, 17, 3))
        joints[:, list(LIMBS)] = file["joints"][:, list(LIMBS.values())]
    error, jitter = measure(joints)
    assert error < 1e-6
    assert jitter == pytest.approx(10.3 * 12 / 17, rel=0.15)
    mean = np.broadcast_to(joints.mean(axis=0), joints.shape)
    assert measure(mean)[0] > 50

"""The root's path follows from keypoints and joints."""

import pytest
import torch

from jointaware.mocap.cameras import load_cameras
from jointaware.pose.camera import project, project_linear
from jointaware.pose.inference.root_path import assumed_focal, root_path
from jointaware.pose.metrics import mrpe
from tests.people import seen
from tests.video.written import FOCAL, SIZE

JOINTS = torch.from_numpy(seen(60)).double()
ROOT = torch.stack([torch.linspace(-1.5, 1.5, 60), torch.full((60,), 0.3), torch.linspace(3, 6, 60)], dim=1).double()
SCREEN = 2 * FOCAL / SIZE[0]
WEIGHTS = torch.ones(60, 17)


def keypoints() -> torch.Tensor:
    return project_linear(JOINTS + ROOT[:, None], torch.tensor([SCREEN, SCREEN, 0, 0, 0, 0, 0, 0, 0]).double())


def test_true_joints_and_their_projections_give_the_true_path():
    assert mrpe(root_path(JOINTS, keypoints(), WEIGHTS, focal=SCREEN), ROOT).max() < 1e-6


def test_noise_of_a_pixel_moves_the_root_by_centimetres():
    noise = torch.randn(60, 17, 2, generator=torch.Generator().manual_seed(0)) * 2 / SIZE[0]
    error = mrpe(root_path(JOINTS, keypoints() + noise, WEIGHTS, focal=SCREEN), ROOT)
    assert error.mean() < 0.03


def test_a_keypoint_without_confidence_has_no_say():
    far = keypoints()
    far[:, 3] += 0.5
    weights = WEIGHTS.clone()
    weights[:, 3] = 0
    assert mrpe(root_path(JOINTS, far, weights, focal=SCREEN), ROOT).max() < 0.01
    assert mrpe(root_path(JOINTS, far, WEIGHTS, focal=SCREEN), ROOT).mean() > 0.05


def test_weights_by_depth_lessen_distances_in_the_image(monkeypatch):
    """Of a person seen from close by, whose arms reach towards the camera: their joints differ in depth by half."""
    joints = JOINTS.clone()
    joints[:, 11:, 2] -= 0.6
    root = torch.tensor([0.1, 0.2, 1.6]).double().expand(60, 3)
    noise = torch.randn(60, 17, 2, generator=torch.Generator().manual_seed(0)) * 0.05
    points = joints + root[:, None]
    seen_at = SCREEN * points[..., :2] / points[..., 2:] + noise

    def error(at: torch.Tensor) -> float:
        points = joints + at[:, None]
        return float((SCREEN * points[..., :2] / points[..., 2:] - seen_at).square().sum())

    weighted = root_path(joints, seen_at, WEIGHTS, focal=SCREEN)
    monkeypatch.setattr("jointaware.pose.inference.root_path.STEPS", 1)
    assert error(weighted) < 0.99 * error(root_path(joints, seen_at, WEIGHTS, focal=SCREEN))


def test_a_wrong_focal_length_scales_the_distance():
    found = root_path(JOINTS, keypoints(), WEIGHTS, focal=1.2 * SCREEN)
    assert (found[:, 2] / ROOT[:, 2]).mean() == pytest.approx(1.2, rel=0.02)


def test_it_is_right_to_a_decimetre_under_the_distorted_lenses_of_human36m():
    camera = load_cameras()["S9"]["54138969"]
    intrinsics = torch.from_numpy(camera.intrinsics).double()
    seen_by_it = project(JOINTS + ROOT[:, None], intrinsics) - intrinsics[2:4]
    error = mrpe(root_path(JOINTS, seen_by_it, WEIGHTS, focal=float(intrinsics[0])), ROOT)
    assert error.mean() < 0.1


def test_an_unknown_camera_has_a_common_field_of_view():
    assert assumed_focal(1920, 1080) == pytest.approx(2 * (1920**2 + 1080**2) ** 0.5 / 1920)


def test_roots_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"found \(60, 3\) and \(59, 3\)"):
        mrpe(ROOT, ROOT[1:])

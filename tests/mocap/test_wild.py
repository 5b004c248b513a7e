"""Made-up views: other bodies, cameras all round, COCO's keypoints on a body, and a detector's faults."""

from typing import Any

import numpy as np
import pytest
import torch

from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.mocap.keypoints.layouts import LAYOUTS, mapping
from jointaware.mocap.wild.bodies import SIZE, body_axes, other_body
from jointaware.mocap.wild.cameras import NEAREST, WIDEST, camera_around
from jointaware.mocap.wild.faults import with_faults
from jointaware.mocap.wild.keypoints import place_keypoints
from jointaware.mocap.wild.views import Seen, see, wild_views
from jointaware.pose.camera import world_to_camera
from jointaware.pose.inference.turning import turned_back
from jointaware.pose.skeleton import BONES, HEAD, JOINTS, LEFT_FOOT, LEFT_KNEE, MIRRORED, PARENTS, ROOT
from tests.house import ROOT as PROJECT
from tests.people import person
from tests.tiny import read_yaml, write_yaml

PROFILE = PROJECT / "profiles/wild.yaml"
SETTINGS = load(PROFILE).preprocess.wild
COCO = LAYOUTS["coco"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def bone_lengths(joints: np.ndarray) -> np.ndarray:
    return np.stack([np.linalg.norm(joints[:, joint] - joints[:, parent], axis=1) for parent, joint in BONES], axis=1)


def exact(pixels: np.ndarray, share: float, generator: np.random.Generator) -> np.ndarray:
    """A detector without noise."""
    return pixels


def view(name: str = "A/Walking/wild0", joints: np.ndarray | None = None, **changes: Any) -> Seen:
    """What a camera sees of a person, without noise and faults."""
    joints = person(60) if joints is None else joints
    quiet = {"noise_spread": 0.0, "lost_probability": 0.0, "swap_probability": 0.0, "misplacement": 0.0}
    return see(joints, name, settings=SETTINGS.model_copy(update=quiet | changes), fps=30.0, detect=exact)


def test_without_changes_a_body_is_scaled_to_the_size_of_all():
    joints = person(20)
    body = other_body(joints, proportions=0.0, posture=0.0, rng=rng())
    scale = SIZE / np.median(bone_lengths(joints), axis=0).sum()
    np.testing.assert_allclose(body, joints * scale, atol=2e-3)


def test_other_proportions_keep_directions_symmetry_and_the_size():
    joints = person(20)
    body = other_body(joints, proportions=0.2, posture=0.0, rng=rng())
    before, after = bone_lengths(joints), bone_lengths(body)
    assert np.median(after, axis=0).sum() == pytest.approx(SIZE, rel=1e-4)
    ratio = after / before
    np.testing.assert_allclose(ratio, np.broadcast_to(ratio[0], ratio.shape), rtol=1e-3)
    assert ratio[0].std() > 0.05
    number = {joint: place for place, (_, joint) in enumerate(BONES)}
    for joint in number:
        assert ratio[0, number[joint]] == pytest.approx(ratio[0, number[MIRRORED[joint]]], rel=1e-3)
        parent = PARENTS[joint]
        bone, was = body[:, joint] - body[:, parent], joints[:, joint] - joints[:, parent]
        cosine = (bone * was).sum(axis=1) / np.linalg.norm(bone, axis=1) / np.linalg.norm(was, axis=1)
        assert cosine.min() > 0.999


def test_another_posture_turns_limbs_by_a_constant_in_the_bodys_axes_and_bends_no_knee():
    joints = person(20)
    body = other_body(joints, proportions=0.0, posture=15.0, rng=rng())
    in_axes = [
        np.einsum("fji,fj->fi", body_axes(each), each[:, LEFT_KNEE] - each[:, LEFT_KNEE - 1]) for each in (joints, body)
    ]
    turned = np.linalg.norm(in_axes[1] - in_axes[0] * np.linalg.norm(in_axes[1]) / np.linalg.norm(in_axes[0]), axis=1)
    assert turned.min() > 0.01
    knee = [
        np.einsum("fi,fi->f", each[:, LEFT_FOOT] - each[:, LEFT_KNEE], each[:, LEFT_KNEE - 1] - each[:, LEFT_KNEE])
        / np.linalg.norm(each[:, LEFT_FOOT] - each[:, LEFT_KNEE], axis=1)
        / np.linalg.norm(each[:, LEFT_KNEE - 1] - each[:, LEFT_KNEE], axis=1)
        for each in (joints, body)
    ]
    np.testing.assert_allclose(*knee, atol=1e-4)


def test_the_bodys_axes_are_left_up_and_forward():
    joints = person(1)
    left, up, forward = body_axes(joints)[0].T
    assert left @ (joints[0, JOINTS.index("left_hip")] - joints[0, JOINTS.index("right_hip")]) > 0
    assert up[2] > 0.9
    np.testing.assert_allclose(np.cross(left, up), forward, atol=1e-6)


def test_noses_are_in_front_of_ears_and_left_is_left():
    joints = person(200)
    points = place_keypoints(joints, COCO, misplacement=0.0, fps=30.0, rng=rng())
    named = dict(zip(COCO.points, points.transpose(1, 0, 2), strict=True))
    left, _, forward = body_axes(joints).transpose(2, 0, 1)
    ears = (named["left_ear"] + named["right_ear"]) / 2
    np.testing.assert_allclose(ears, joints[:, HEAD], atol=1e-5)
    assert ((named["nose"] - ears) * forward).sum(axis=1).mean() > 0.07
    assert ((named["left_eye"] - named["right_eye"]) * left).sum(axis=1).mean() > 0.04
    np.testing.assert_array_equal(named["left_ankle"], joints[:, LEFT_FOOT])


def test_offsets_are_constant_in_the_bodys_axes_and_of_the_given_size():
    joints = person(30)
    plain = place_keypoints(joints, COCO, misplacement=0.0, fps=30.0, rng=rng())
    drawn = [place_keypoints(joints, COCO, misplacement=0.02, fps=30.0, rng=rng(seed)) for seed in range(60)]
    wrist = COCO.points.index("left_wrist")
    offsets = np.stack([np.einsum("fji,fj->fi", body_axes(joints), (each - plain)[:, wrist]) for each in drawn])
    np.testing.assert_allclose(offsets, np.broadcast_to(offsets[:, :1], offsets.shape), atol=1e-5)
    assert offsets[:, 0].std() == pytest.approx(0.02, rel=0.2)


def test_keypoints_of_human36m_are_the_joints_but_for_the_top_of_the_head():
    joints = person(30)
    h36m, ears = LAYOUTS["h36m"], mapping(COCO, LAYOUTS["h36m"], "")
    points = place_keypoints(joints, h36m, misplacement=0.0, fps=30.0, rng=rng())
    above = [h36m.points.index(name) for name in ("neck", "head")]
    np.testing.assert_array_equal(np.delete(points, above, axis=1), np.delete(joints, above, axis=1))
    coco = place_keypoints(joints, COCO, misplacement=0.0, fps=30.0, rng=rng())
    constructed = np.stack([sum(w * coco[:, i] for i, w in row.items()) for row in ears.weights], axis=1)
    np.testing.assert_allclose(points[:, above[1]], constructed[:, above[1]], atol=0.02)


@pytest.mark.parametrize("seed", range(10))
def test_a_camera_sees_the_whole_path_in_front_of_it_from_within_its_limits(seed):
    root = np.stack([np.linspace(-2, 2, 50), np.zeros(50), np.full(50, 0.9)], axis=1)
    camera = camera_around(root, distance=(2.0, 8.0), height=(0.3, 3.0), roll=3.0, rng=rng(seed))
    assert 0.3 <= camera.translation[2] <= 3.0
    assert np.linalg.norm(camera.translation[:2]) >= 2.0 - 1e-6
    pose = torch.from_numpy(camera.orientation), torch.from_numpy(camera.translation)
    seen = world_to_camera(torch.from_numpy(root).float(), *pose).numpy()
    assert seen[:, 2].min() >= NEAREST - 1e-5
    assert np.degrees(np.arctan2(np.linalg.norm(seen[:, :2], axis=1), seen[:, 2])).max() <= WIDEST + 1e-3
    above = world_to_camera(torch.from_numpy(root[:1] + np.array([0, 0, 0.5])).float(), *pose).numpy()
    assert above[0, 1] < seen[0, 1]  # y points down


def test_losses_are_bridged_and_exchanges_last_some_frames():
    pixels = np.random.default_rng(0).uniform(0, 500, (400, 17, 2)).astype(np.float32)
    np.testing.assert_array_equal(with_faults(pixels, COCO, lost=0.0, swapped=0.0, rng=rng()), pixels)
    lost = with_faults(pixels, COCO, lost=0.1, swapped=0.0, rng=rng())
    assert np.isfinite(lost).all()
    assert 0.02 < (lost != pixels).any(axis=2).mean() < 0.6
    swapped = with_faults(pixels, COCO, lost=0.0, swapped=0.02, rng=rng())
    is_changed = (swapped != pixels).any(axis=2)
    assert 0.02 < is_changed.any(axis=1).mean() < 0.5
    mirrored = pixels[:, list(COCO.mirrored)]
    np.testing.assert_array_equal(swapped[is_changed], mirrored[is_changed])


def test_a_view_without_faults_fits_the_joints_that_it_is_to_be_lifted_to():
    walk = person(60) + np.linspace(-2, 2, 60, dtype=np.float32)[:, None, None] * np.float32([1, 0.3, 0])
    seen = view(joints=walk)
    keypoints, joints, root = (torch.from_numpy(seen.arrays[key]) for key in ("keypoints", "joints", "root"))
    assert joints[:, ROOT].abs().max() == 0
    assert root[:, 2].min() > NEAREST
    limbs = range(5, 17)
    of_limbs = [JOINTS.index(COCO.points[point].replace("ankle", "foot").replace("wrist", "hand")) for point in limbs]
    in_camera = turned_back(joints, root)[:, of_limbs] + root[:, None]
    projected, found = in_camera[..., :2] / in_camera[..., 2:], keypoints[:, limbs]
    for frame in (0, 30, 59):
        centred = [(each[frame] - each[frame].mean(dim=0)).flatten() for each in (found, projected)]
        assert torch.cosine_similarity(*centred, dim=0) > 0.99999
    assert seen.noise < 1e-3


def test_views_depend_on_their_name_and_the_seed_alone():
    first, again, other, seeded = view(), view(), view("A/Walking/wild1"), view(seed=1)
    np.testing.assert_array_equal(first.arrays["keypoints"], again.arrays["keypoints"])
    for each in (other, seeded):
        assert np.abs(first.arrays["joints"] - each.arrays["joints"]).max() > 0.05


def test_a_take_is_cut_into_pieces_of_about_equal_length_that_cover_it():
    views = list(wild_views(slice(10, 110, 1), views=2, longest=40.0))
    assert [view.name for view, _ in views] == [f"wild{number}" for number in range(6)]
    assert [frames for _, frames in views[:3]] == [frames for _, frames in views[3:]]
    assert [frame for _, frames in views[:3] for frame in range(1000)[frames]] == [*range(10, 110)]
    assert [frames for _, frames in wild_views(slice(0, 30, 1), views=1, longest=40.0)] == [slice(0, 30, 1)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"farthest": 1.0}, r"preprocess\.wild\.farthest: found 1\.0, expected at least 2\.0"),
        ({"highest": 0.1}, r"preprocess\.wild\.highest: found 0\.1, expected at least 0\.3"),
        ({"views": 0}, r"preprocess\.wild\.views: found 0, expected at least 1"),
        ({"zoom": 2.0}, r"unknown key preprocess\.wild\.zoom; expected one of layout"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path, change, words):
    parameters = read_yaml(PROFILE)
    parameters["preprocess"]["wild"] |= change
    write_yaml(tmp_path / "params.yaml", parameters)
    with pytest.raises(InputError, match=words):
        load(tmp_path / "params.yaml")

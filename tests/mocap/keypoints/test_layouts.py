"""Layouts of keypoints, and the way from one to another."""

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.h36m.layouts import LAYOUTS as OF_H36M
from jointaware.mocap.keypoints.layouts import LAYOUTS, canonical, mapping, named_layout
from jointaware.pose.skeleton import HEAD, MIRRORED, NECK, SPINE, THORAX

SIZES = {
    "coco": 17, "h36m": 17, "halpe26": 26, "halpe136": 136, "wholebody133": 133, "body25": 25, "openpose18": 18,
    "mediapipe33": 33, "mpii16": 16,
}  # fmt: skip


def test_every_layout_has_its_number_of_points_each_once():
    assert {name: len(layout.points) for name, layout in LAYOUTS.items()} == SIZES
    assert all(len(set(layout.points)) == len(layout.points) for layout in LAYOUTS.values())


@pytest.mark.parametrize("name", LAYOUTS)
def test_left_and_right_are_exchanged(name):
    mirrored = LAYOUTS[name].mirrored
    assert [mirrored[other] for other in mirrored] == list(range(len(mirrored)))
    assert sum(other != point for point, other in enumerate(mirrored)) >= 12


def test_the_two_layouts_of_networks_mirror_as_the_pipeline_does():
    assert LAYOUTS["h36m"].mirrored == MIRRORED
    coco = next(layout for layout in OF_H36M if layout.name == "coco")
    assert LAYOUTS["coco"].mirrored == coco.mirrored


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("coco", {0: "nose", 5: "left_shoulder", 10: "right_wrist", 16: "right_ankle"}),
        ("halpe26", {17: "head", 18: "thorax", 19: "pelvis", 20: "left_big_toe", 25: "right_heel"}),
        ("body25", {1: "thorax", 4: "right_wrist", 8: "pelvis", 14: "left_ankle", 15: "right_eye", 21: "left_heel"}),
        ("openpose18", {1: "thorax", 8: "right_hip", 13: "left_ankle", 14: "right_eye", 17: "left_ear"}),
        ("mediapipe33", {0: "nose", 7: "left_ear", 11: "left_shoulder", 16: "right_wrist", 28: "right_ankle"}),
        ("mpii16", {0: "right_ankle", 6: "pelvis", 9: "head", 15: "left_wrist"}),
        ("wholebody133", {17: "left_big_toe", 22: "right_heel"}),
    ],
)
def test_points_are_where_their_detectors_put_them(name, points):
    assert {index: LAYOUTS[name].points[index] for index in points} == points


def test_coco_becomes_human36m_with_the_midline_constructed():
    coco, h36m = LAYOUTS["coco"], LAYOUTS["h36m"]
    keypoints = np.random.default_rng(0).normal(size=(5, 17, 2)).astype(np.float32)
    confidence = np.linspace(0.1, 1, 17, dtype=np.float32)[None].repeat(5, axis=0)
    found = mapping(coco, h36m, "file")
    assert found.approximated == ("pelvis", "spine", "thorax", "neck", "head")
    points, trust = found.apply(keypoints, confidence)
    np.testing.assert_allclose(points[:, 0], keypoints[:, 11:13].mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(points[:, THORAX], keypoints[:, 5:7].mean(axis=1), atol=1e-6)
    np.testing.assert_allclose(points[:, SPINE], (points[:, 0] + points[:, THORAX]) / 2, atol=1e-6)
    np.testing.assert_allclose(points[:, NECK], (points[:, HEAD] + points[:, THORAX]) / 2, atol=1e-6)
    np.testing.assert_array_equal(points[:, 3], keypoints[:, 16])
    assert trust[0, 0] == confidence[0, 11]


def test_a_constructed_point_is_missing_where_its_parts_are():
    keypoints = np.zeros((2, 17, 2), np.float32)
    keypoints[1, 11] = np.nan
    points, _ = mapping(LAYOUTS["coco"], LAYOUTS["h36m"], "file").apply(keypoints, np.ones((2, 17), np.float32))
    assert np.isnan(points[1, 0]).all()
    assert np.isfinite(points[0]).all()


def test_what_cannot_be_constructed_is_refused():
    with pytest.raises(InputError, match="take: the layout h36m has no nose, expected one from which coco can be made"):
        mapping(LAYOUTS["h36m"], LAYOUTS["coco"], "take")


@pytest.mark.parametrize(
    "name", ["left_shoulder", "LShoulder", "L_shoulder", "leftShoulder", "shoulder_L", "Left Shoulder", "LEFT-SHOULDER"]
)
def test_names_of_keypoints_are_read_as_people_write_them(name):
    assert canonical(name) == "left_shoulder"


def test_names_give_the_layout():
    assert named_layout(LAYOUTS["coco"].points) is LAYOUTS["coco"]
    assert named_layout(["snout", "tail"]).points == ("snout", "tail")

"""Detected keypoints in VideoPose3D's files, cut to the takes they belong to."""

from collections import OrderedDict, defaultdict

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.cameras import CAMERAS
from jointaware.mocap.h36m.keypoints import read_keypoints
from jointaware.mocap.take import Take
from jointaware.pose.skeleton import HEAD, JOINTS, MIRRORED, NECK, THORAX

H36M = {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]}
COCO = {
    "layout_name": "coco",
    "num_joints": 17,
    "keypoints_symmetry": [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]],
}


def views(frames=6, joints=17, columns=2, cameras=4, dtype=np.float32):
    rng = np.random.default_rng(frames)
    return [rng.uniform(0, 1000, (frames, joints, columns)).astype(dtype) for _ in range(cameras)]


def write(folder, people, metadata=H36M, detector="cpn_ft_h36m_dbb"):
    np.savez_compressed(folder / f"data_2d_h36m_{detector}.npz", positions_2d=people, metadata=metadata)


def read_one(folder, **settings):
    return read_keypoints(folder, "cpn_ft_h36m_dbb", ["S1"], **settings)


def take(frames, action="Walking", subaction="1"):
    return Take("S1", action, subaction, np.zeros((frames, 17, 3), np.float32), 50.0)


def test_each_camera_of_a_take_is_read_as_written(tmp_path):
    people = {subject: {"Walking 1": views(6), "Photo": views(4)} for subject in ("S1", "S2", "S9")}
    write(tmp_path, people)
    keypoints = read_keypoints(tmp_path, "cpn_ft_h36m_dbb", ["S9", "S1"])
    assert set(keypoints.views) == {(s, *t) for s in ("S1", "S9") for t in (("Walking", "1"), ("Photo", ""))}
    assert keypoints.layout == "h36m"
    assert keypoints.mirrored == MIRRORED
    for camera, written in zip(CAMERAS, people["S1"]["Photo"], strict=True):
        found, surplus = keypoints.of(take(4, "Photo", ""), camera)
        assert surplus == 0
        np.testing.assert_array_equal(found, written)


def test_coco_keypoints_keep_their_order_and_have_their_own_mirroring(tmp_path):
    write(tmp_path, {"S1": {"Walking 1": views()}}, COCO, "detectron_pt_coco")
    keypoints = read_keypoints(tmp_path, "detectron_pt_coco", ["S1"])
    assert keypoints.layout == "coco"
    assert keypoints.mirrored == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)


def test_confidences_are_dropped_and_numbers_become_float32(tmp_path):
    (first, *_) = written = views(columns=3, dtype=np.float64)
    write(tmp_path, {"S1": {"Walking 1": written}})
    found, _ = read_one(tmp_path).of(take(6), CAMERAS[0])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, first[..., :2].astype(np.float32))


def test_surplus_frames_are_cut_and_counted_by_camera(tmp_path):
    written = [views(frames)[0] for frames in (6, 8, 7, 6)]
    write(tmp_path, {"S1": {"Walking 1": written}})
    keypoints = read_one(tmp_path)
    found, surplus = zip(*(keypoints.of(take(6), camera) for camera in CAMERAS), strict=True)
    assert surplus == (0, 2, 1, 0)
    assert {len(view) for view in found} == {6}
    np.testing.assert_array_equal(found[1], written[1][:6])


def test_keypoints_shorter_than_the_joints_are_refused(tmp_path):
    write(tmp_path, {"S1": {"Walking 1": [*views(6)[:3], views(5)[0]]}})
    with pytest.raises(InputError, match=r"dbb\.npz: S1/Walking 1, camera 60457274: found 5 frames, expected .* 6"):
        read_one(tmp_path).of(take(6), CAMERAS[3])


def test_a_take_without_keypoints_is_refused(tmp_path):
    write(tmp_path, {"S1": {"Walking 1": views()}})
    with pytest.raises(InputError, match=r"dbb\.npz: found no keypoints of S1/Eating"):
        read_one(tmp_path).of(take(6, "Eating", ""), CAMERAS[0])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (views(cameras=3), f"found 3 cameras, expected 4: {', '.join(CAMERAS)}"),
        (views(joints=16), r"camera 54138969: found float32 \(6, 16, 2\), expected numbers \(frames, 17, 2\)"),
        (views(columns=1), r"\(6, 17, 1\)"),
        (["a", "b", "c", "d"], "found <U1"),
        ([*views()[:2], np.full((6, 17, 2), np.nan), views()[0]], "camera 58860488: found NaN or infinity"),
    ],
)
def test_keypoints_that_are_not_finite_numbers_of_17_joints_and_4_cameras_are_refused(tmp_path, found, message):
    write(tmp_path, {"S1": {"Walking 1": found}})
    with pytest.raises(InputError, match=rf"dbb\.npz: S1/Walking 1.*{message}"):
        read_one(tmp_path)


def test_unknown_subjects_and_actions_are_refused(tmp_path):
    write(tmp_path, {"S1": {"Jumping": views()}})
    with pytest.raises(InputError, match="found take 'Jumping'"):
        read_one(tmp_path)
    with pytest.raises(InputError, match=r"dbb\.npz: found the subjects S1, expected S9"):
        read_keypoints(tmp_path, "cpn_ft_h36m_dbb", ["S9"])
    with pytest.raises(InputError, match="found 'S2'"):
        read_keypoints(tmp_path, "cpn_ft_h36m_dbb", ["S2"])


@pytest.mark.parametrize("metadata", [{}, {"keypoints_symmetry": 3}, {"num_joints": 17}, 3, None])
def test_a_file_without_symmetry_is_refused(tmp_path, metadata):
    write(tmp_path, {"S1": {"Walking 1": views()}}, metadata)
    with pytest.raises(InputError, match=r"dbb\.npz: metadata: .*, expected .*keypoints_symmetry"):
        read_one(tmp_path)


@pytest.mark.parametrize(
    "symmetry",
    [
        [[4, 5, 6, 11, 12], [1, 2, 3, 14, 15, 16]],  # one is forgotten
        [[4, 5, 6, 11, 12, 12], [1, 2, 3, 14, 15, 16]],
        [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 13]],
        [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 17]],
        [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, -1]],
    ],
)
@pytest.mark.parametrize("layout", ["h36m", "mine"])
def test_left_and_right_that_cannot_be_exchanged_are_refused(tmp_path, symmetry, layout):
    write(tmp_path, {"S1": {"Walking 1": views()}}, {"layout_name": layout, "keypoints_symmetry": symmetry})
    with pytest.raises(InputError, match=r"metadata: keypoints_symmetry is \d left .* and 6 right .*expected as many"):
        read_one(tmp_path)


def test_sides_of_another_layout_than_the_named_are_refused(tmp_path):
    for name, symmetry in {
        "coco": H36M["keypoints_symmetry"],
        "h36m": COCO["keypoints_symmetry"],
        None: [[4, 5, 6, 11, 12], [1, 2, 3, 14, 15]],  # a pair is forgotten
    }.items():
        write(tmp_path, {"S1": {"Walking 1": views()}}, {"layout_name": name, "keypoints_symmetry": symmetry})
        with pytest.raises(InputError, match=r"metadata: found .*left"):
            read_one(tmp_path)


def test_lists_that_mix_or_exchange_the_sides_mirror_alike(tmp_path):
    left, right = H36M["keypoints_symmetry"]
    for symmetry in ([right, left], [[*left[:3], *right[3:]], [*right[:3], *left[3:]]]):
        write(tmp_path, {"S1": {"Walking 1": views()}}, H36M | {"keypoints_symmetry": symmetry})
        keypoints = read_one(tmp_path)
        assert (keypoints.layout, keypoints.mirrored) == ("h36m", MIRRORED)


def test_a_layout_of_another_name_has_its_own_mirroring(tmp_path):
    symmetry = {"layout_name": "mine", "keypoints_symmetry": [[2, 4], [1, 3]]}
    write(tmp_path, {"S1": {"Walking 1": views()}}, symmetry)
    keypoints = read_one(tmp_path)
    assert keypoints.layout == "mine"
    assert keypoints.mirrored == (0, 2, 1, 4, 3, *range(5, 17))


HOURGLASS = (
    *("right_foot", "right_knee", "right_hip", "left_hip", "left_knee", "left_foot", "pelvis", "spine", "thorax"),
    *("head", "right_hand", "right_elbow", "right_shoulder", "left_shoulder", "left_elbow", "left_hand"),
)
"""Stacked Hourglass's keypoints by the names of 3d-pose-baseline, in their order."""


@pytest.mark.parametrize(
    ("order", "symmetry"),
    [
        (HOURGLASS, [[3, 4, 5, 13, 14, 15], [0, 1, 2, 10, 11, 12]]),  # as prepare_data_2d_h36m_sh.py writes it
        ([name for name in JOINTS if name != "neck"], [[4, 5, 6, 10, 11, 12], [3, 2, 1, 13, 14, 15]]),  # SemGCN's
    ],
)
@pytest.mark.parametrize("layout", [{}, {"layout_name": "mpii"}])
def test_16_keypoints_are_brought_to_the_joints_of_the_skeleton(tmp_path, order, symmetry, layout):
    (seen, *others) = views()
    seen[:, NECK] = (seen[:, THORAX] + seen[:, HEAD]) / 2
    indices = [JOINTS.index(name) for name in order]
    people = {"S1": {"Walking 1": [view[:, indices] for view in (seen, *others)]}}
    write(tmp_path, people, {"num_joints": 16, "keypoints_symmetry": symmetry, **layout})
    keypoints = read_one(tmp_path)
    assert keypoints.layout == "h36m"
    assert keypoints.mirrored == MIRRORED
    found, _ = keypoints.of(take(6), CAMERAS[0])
    np.testing.assert_array_equal(found, seen)


def test_16_keypoints_whose_sides_are_of_no_known_order_are_refused(tmp_path):
    metadata = {"layout_name": "mpii", "num_joints": 16, "keypoints_symmetry": [[1], [2]]}
    write(tmp_path, {"S1": {"Walking 1": views(joints=16)}}, metadata)
    with pytest.raises(InputError, match=r"metadata: found left 1 and right 2 of 16 keypoints, expected left 3, 4, 5"):
        read_one(tmp_path)


@pytest.mark.parametrize("dtype", ["i8", "u2", "f2", "f4", "f8", ">f4"])
def test_numbers_of_any_type_are_read(tmp_path, dtype):
    written = views(dtype=dtype)
    write(tmp_path, {"S1": {"Walking 1": written}})
    found, _ = read_one(tmp_path).of(take(6), CAMERAS[0])
    np.testing.assert_array_equal(found, written[0].astype(np.float32))


@pytest.mark.parametrize("arrange", ["keys", "dictionary", "stack", "ordered", "lower case", "underscore", "bytes"])
def test_subjects_takes_and_cameras_are_found_however_they_are_arranged(tmp_path, arrange):
    written = views()
    by_camera = dict(zip(CAMERAS, written, strict=True))
    people = {
        "keys": {"S1": {f"Walking 1.{camera}": view for camera, view in reversed(by_camera.items())}},
        "dictionary": {"S1": {"Walking 1": by_camera}},
        "stack": {"S1": {"Walking 1": np.stack(written)}},
        "ordered": defaultdict(dict, S1=OrderedDict({"Walking 1": tuple(written)})),
        "lower case": {"s1": {"Walking 1": written}},
        "underscore": {"S1": {"Walking_1": written}},
        "bytes": {b"S1": {b"Walking 1": written}},
    }[arrange]
    write(tmp_path, people)
    keypoints = read_one(tmp_path)
    for camera, view in by_camera.items():
        np.testing.assert_array_equal(keypoints.of(take(6), camera)[0], view)


@pytest.mark.parametrize(
    ("takes", "message"),
    [
        ({"Walking 1": [views()[0], None, None, None]}, "Walking 1, camera 55011271: found None, expected keypoints"),
        ({"Walking 1.54138969": views()[0]}, "Walking 1: found the cameras 54138969, expected 4"),
        ({"Walking 1": None}, "Walking 1: found NoneType, expected 4"),
        ({"Walking 1": views(), "Walking_1": views()}, "Walking_1: found this take under two names"),
        ({"Photo": views(), "TakingPhoto": views()}, "TakingPhoto: found this take under two names"),
        ({"Walking 1.12345678": views()}, r"found take 'Walking 1\.12345678'"),
        (3, "cannot be read"),
    ],
)
def test_views_that_are_missing_or_doubled_are_refused(tmp_path, takes, message):
    write(tmp_path, {"S1": takes})
    with pytest.raises(InputError, match=rf"dbb\.npz: .*{message}"):
        read_one(tmp_path)


def test_a_subject_under_two_names_is_refused(tmp_path):
    write(tmp_path, {"S1": {}, "s1": {}})
    with pytest.raises(InputError, match=r"S1 twice"):
        read_one(tmp_path)


def test_keypoints_are_found_at_any_depth_nearest_first(tmp_path):
    for folder, frames in (("a/b", 3), ("z", 5)):
        (tmp_path / folder).mkdir(parents=True)
        write(tmp_path / folder, {"S1": {"Walking 1": views(frames)}})
    assert read_one(tmp_path).path == tmp_path / "z" / "data_2d_h36m_cpn_ft_h36m_dbb.npz"


def test_a_file_of_3d_positions_is_refused(tmp_path):
    np.savez(tmp_path / "data_2d_h36m_cpn_ft_h36m_dbb.npz", positions_3d={"S1": {}}, metadata=H36M)
    with pytest.raises(InputError, match="expected member positions_2d with takes by subject and name"):
        read_one(tmp_path)

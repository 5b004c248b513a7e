"""The same made-up take in every form of file: the same 3D, the same ids, the same length."""

import json

import numpy as np
import pytest

from jointaware.mocap.keypoints.forms import FORMS
from jointaware.mocap.keypoints.loading import read_video, recognise
from jointaware.mocap.keypoints.video import Told
from jointaware.video.lift import Choices, lift_person, open_lifter
from tests.video import written
from tests.video.written import FPS, SIZE

TOLD = Told(FPS, SIZE)
FOLLOWS = {"openpose", "coco", "videopose3d", "mmpose"}
"""Forms without ids, in which people have to be followed."""


@pytest.fixture(scope="module")
def lifter(tmp_path_factory):
    return open_lifter(written.network(tmp_path_factory.mktemp("network") / "network.safetensors"))[0]


@pytest.fixture(scope="module")
def expected(lifter, tmp_path_factory):
    video = read_video(written.alphapose(tmp_path_factory.mktemp("take"), written.keypoints(60)), TOLD)
    return lift_person(lifter, video, video.people[0], Choices(), "take")[0]


@pytest.mark.parametrize("form", written.ALL)
def test_every_form_gives_the_same_motion_to_the_bit(form, lifter, expected, tmp_path):
    path = written.ALL[form](tmp_path, written.keypoints(60))
    assert recognise(path) == form.partition(",")[0]
    video = read_video(path, TOLD)
    (person,) = video.people
    take, _ = lift_person(lifter, video, person, Choices(), "take")
    np.testing.assert_array_equal(take.joints, expected.joints)
    np.testing.assert_array_equal(take.root, expected.root)
    assert (take.fps, take.size) == (FPS, SIZE)
    assert not take.lost.any()


def test_every_form_of_the_table_is_written_or_by_an_optional_package():
    assert {name.partition(",")[0] for name in written.ALL} == set(FORMS) - {"movement"}


@pytest.mark.parametrize("form", sorted(set(written.ALL) - {"videopose3d, custom", "mediapipe, npz"}))
def test_a_take_with_a_tenth_of_its_frames_lost_keeps_its_length(form, lifter, tmp_path):
    lost = np.random.default_rng(0).choice(np.arange(1, 99), 10, replace=False)
    path = written.ALL[form](tmp_path, written.lose(written.keypoints(100), lost))
    video = read_video(path, TOLD)
    take, (remark,) = lift_person(lifter, video, video.people[0], Choices(), "take")
    assert take.joints.shape == (100, 17, 3)
    assert set(np.flatnonzero(take.lost)) == set(lost)
    assert np.isfinite(take.joints).all()
    assert remark == "take: 10 of 100 frames lost, all bridged"


@pytest.mark.parametrize("form", ["alphapose", "coco", "openpose", "mmpose", "yolo", "videopose3d"])
def test_two_people_who_cross_keep_their_ids(form, tmp_path):
    """They walk past each other, one 1 m behind; detections of both are listed in an order that changes."""
    frames = 120
    walk = np.linspace(-1, 1, frames, dtype=np.float32)
    first, second = written.keypoints(frames, seed=1), written.keypoints(frames, at=(0, 1.0), seed=2)
    first[..., 0] += 240 * walk[:, None]
    second[..., 0] -= 200 * walk[:, None]
    swapped = np.random.default_rng(0).random(frames) < 0.5
    a = np.where(swapped[:, None, None], first, second)
    b = np.where(swapped[:, None, None], second, first)
    named = {"alphapose": {"ids": False}}.get(form, {})
    video = read_video(written.ALL[form](tmp_path, a, b, **named), TOLD)
    assert len(video.people) == 2
    for person in video.people:
        moved = np.nanmean(person.keypoints[..., 0], axis=1)
        assert (np.abs(np.diff(moved)) < 15).all()
        assert abs(moved[-1] - moved[0]) > 300


def test_two_people_who_are_both_lost_while_they_cross_keep_their_ids(tmp_path):
    """Where they were last seen says less than where they were going."""
    first, second = written.keypoints(80, seed=1), written.keypoints(80, seed=1)
    walk = 6 * (np.arange(80, dtype=np.float32) - 40)
    first[..., 0] += walk[:, None]
    second[..., 0] -= walk[:, None]
    lost = np.arange(36, 45)
    path = written.coco(tmp_path, written.lose(first, lost), written.lose(second, lost))
    video = read_video(path, TOLD)
    assert len(video.people) == 2
    for person in video.people:
        start, end = person.keypoints[[0, -1], :, 0].mean(axis=1)
        assert abs(end - start) > 300


def test_ids_of_the_file_are_kept(tmp_path):
    people = written.keypoints(20), written.keypoints(20, at=(1, 0))
    (tmp_path / "a").mkdir()
    tracked = (
        read_video(written.alphapose(tmp_path, *people), TOLD),
        read_video(written.yolo(tmp_path / "a", *people, ids=True), TOLD),
    )
    for video in tracked:
        assert sorted(person.id for person in video.people) == ["1", "2"]
        by_id = {person.id: person.keypoints for person in video.people}
        np.testing.assert_array_equal(by_id["2"], people[1][..., :2])


@pytest.mark.parametrize("layout", ["body25", "openpose18"])
def test_both_layouts_of_openpose_are_known(layout, tmp_path):
    video = read_video(written.openpose(tmp_path, written.keypoints(5), layout=layout), TOLD)
    assert video.layout.name == layout


def test_a_list_of_mmpose_does_not_say_its_layout(tmp_path):
    path = written.mmpose(tmp_path, written.keypoints(5), is_named=False)
    with pytest.raises(ValueError, match="found 17 keypoints and not which they are, expected --layout coco or h36m"):
        read_video(path, TOLD)


def test_mmpose_counts_frames_from_its_first(tmp_path):
    path = written.mmpose(tmp_path, written.keypoints(5))
    content = json.loads(path.read_text())
    for frame in content["instance_info"]:
        frame["frame_id"] += 1
    path.write_text(json.dumps(content))
    assert len(read_video(path, TOLD).people[0].keypoints) == 5


def test_videopose3d_videos_of_one_file_stay_apart(tmp_path):
    path = written.videopose3d_custom(tmp_path, written.keypoints(10))
    with np.load(path, allow_pickle=True) as file:
        metadata, positions = file["metadata"].item(), file["positions_2d"].item()
    positions["other.mp4"] = {"custom": [positions["take.mp4"]["custom"][0][:4] + 1]}
    metadata["video_metadata"]["other.mp4"] = metadata["video_metadata"]["take.mp4"]
    np.savez(path, metadata=np.array(metadata, object), positions_2d=np.array(positions, object))
    assert [person.id for person in read_video(path, TOLD).people] == ["take.mp4", "other.mp4"]


def test_alphapose_tracked_by_poseflow_has_ids_in_lists(tmp_path):
    path = written.alphapose(tmp_path, written.keypoints(6))
    entries = json.loads(path.read_text())
    for entry in entries:
        entry["idx"] = [[7.0]]
    path.write_text(json.dumps(entries))
    assert [person.id for person in read_video(path, TOLD).people] == ["7"]


def test_files_of_deeplabcut_sleap_and_movement_need_a_package(tmp_path):
    pytest.importorskip("movement", reason="the package movement is not installed: pip install movement")
    from movement.io import load_poses

    take = written.keypoints(30)
    position = take[..., :2].transpose(0, 2, 1)[..., None]
    made = load_poses.from_numpy(
        position, take[..., 2][..., None], individual_names=["anna"], keypoint_names=list(written.COCO), fps=FPS,
        source_software="LightningPose",
    )  # fmt: skip
    made.to_netcdf(tmp_path / "take.nc")
    video = read_video(tmp_path / "take.nc", Told(size=SIZE))
    assert (video.fps, video.layout.name, video.people[0].id) == (FPS, "coco", "anna")
    np.testing.assert_array_equal(video.people[0].keypoints, take[..., :2])

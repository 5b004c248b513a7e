"""Motion that no person can have made is refused in a line that says what it looks like; real motion is not."""

import re

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap import arrays
from jointaware.mocap.cmu import source as cmu
from jointaware.mocap.plausible import CHECKS, Judge, check_fps, check_mirrored
from jointaware.mocap.plausible.keypoints import JOINT_AT, Distances, find_lost
from jointaware.mocap.plausible.poses import find_in_predictions
from jointaware.mocap.plausible.takes import find_copies, find_in_take, find_lying
from jointaware.mocap.sources import SOURCES, CmuSettings
from jointaware.mocap.synthetic import source as synthetic
from jointaware.mocap.take import Take
from jointaware.pose.skeleton import MIRRORED, RIGHT_FOOT
from tests.people import person, seen

PLACE = "own/A/Walking.npz"
Y_UP = np.float32([[1, 0, 0], [0, 0, 1], [0, -1, 0]])


def take(joints, subject="A", fps=50.0) -> Take:
    return Take(subject, "Walking", "", np.asarray(joints, np.float32), fps, PLACE)


def moved(by, frames=slice(None), joints=slice(None)) -> np.ndarray:
    """A person of 60 frames with some joints moved in some frames."""
    motion = person(60)
    motion[frames, joints] += np.float32(by)
    return motion


def test_a_person_is_plausible():
    assert not list(find_in_take(take(person(60))))
    assert not list(find_lying([take(person(60))]))


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_take_may_be_short(frames):
    assert not list(find_in_take(take(person(frames))))


@pytest.mark.parametrize(
    ("joints", "check", "words"),
    [
        (1000 * person(60), "bones", r"4\.05e\+03 m, expected 1.5 to 6 m: millimetres\?"),
        (100 * person(60), "bones", r"centimetres\?"),
        (39.37 * person(60), "bones", r"inches\?"),
        (3.281 * person(60), "bones", r"feet\?"),
        (person(60) / 1000, "bones", r"kilometres\?"),
        (0 * person(60), "bones", "add up to 0 m"),
        (
            moved(77, 31, 16),
            "bones",
            "first in frame 31: right_elbow to right_hand is 133 m, expected",
        ),
        (moved([1, 0, 0], 31, 16), "bones", "frame 31"),
        (moved([0, 0, 1], 31, RIGHT_FOOT), "bones", r"right_foot is 1(\.\d+)? m off in frame 31"),
        (person(60) * (np.arange(60) != 7)[:, None, None], "bones", "first in frame 7"),
        (moved([1200, 0, 0]), "position", "the root of frame 0 is 1.2e"),
        (moved([77, 0, 0], 31), "position", "jumps by 77 m to frame 31"),
        (
            person(60) - person(60)[:, :1],
            "floor",
            r"the root is at the origin in every frame, .*: relative to the root\?",
        ),
        (moved([0, 0, -0.9]), "floor", r"the feet are 0\.8\d* m below the floor, .*: relative to the root\?"),
    ],
)
def test_what_no_person_can_do_is_found(joints, check, words):
    with pytest.raises(InputError, match=f"^{PLACE}: .*{words}.*preprocess.allow: \\[{check}\\]"):
        Judge().hear(find_in_take(take(joints)))
    judge = Judge(CHECKS)
    judge.hear(find_in_take(take(joints)))
    assert check in judge.summary()


def test_frames_are_counted_from_the_start_of_the_file():
    [finding] = find_in_take(take(moved(77, 31, 16)[20:]), first=20)
    assert "frame 31" in finding.message


@pytest.mark.parametrize(
    "joints",
    [
        moved([0, 0, 2.5]),  # on a roof
        person(60) - person(60)[:, :1] * [1, 1, 0],  # on a treadmill
        moved([1.0, 0, 0], slice(1, None)),  # the root jumps after a first frame in rest
        person(60) * 0.45,  # a child
    ],
)
def test_unusual_but_possible_motion_is_accepted(joints):
    assert not list(find_in_take(take(joints)))


@pytest.mark.parametrize(("turn", "axis"), [(Y_UP, "-y"), (Y_UP.T, "y"), (np.float32([1, 1, -1]) * np.eye(3), "-z")])
def test_an_upright_axis_other_than_z_is_named(turn, axis):
    turned = take(person(60) @ np.float32(turn), "B")
    with pytest.raises(InputError, match=f"B: in most frames .* along z(: {axis} up\\?)"):
        Judge().hear(find_lying([take(person(60)), turned]))


def test_a_subject_may_lie_down_in_one_take():
    assert not list(find_lying([take(person(60)), take(person(60)), take(person(60) @ Y_UP)]))


TORSO, ARMS, LEGS = [0, 7, 8, 9, 10], [11, 12, 13, 14, 15, 16], [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ([0, *ARMS, *TORSO[1:], *LEGS], r"hand is 0\.8\d m below the ankles"),
        ([0, *LEGS, 8, 9, 10, 7, *ARMS], r"neck is 0\.4\d m above the head"),
    ],
)
def test_joints_in_another_order_are_found_although_their_bones_are_a_persons(order, words):
    [finding] = find_lying([take(person(60)[:, order])])
    assert re.search(words, finding.message)


def test_a_frame_rate_ten_times_too_high_is_found():
    walking = person(60)
    walking[:, 13, 0] += 0.4 * np.sin(np.arange(60) / 5)  # a swinging arm
    assert not list(find_in_take(take(walking, fps=50)))
    [finding] = find_in_take(take(walking, fps=500))
    assert "in most frames a joint moves by more than" in finding.message


def test_frames_in_another_order_are_found():
    walking = person(200)
    walking[:, 13, 0] += 0.5 * np.sin(np.arange(200) / 5)
    assert not list(find_in_take(take(walking)))
    [finding, *_] = find_in_take(take(walking[np.random.default_rng(0).permutation(200)]))
    assert "frames in another order?" in finding.message


def test_the_same_motion_of_two_people_is_found():
    first, other = take(person(60), "A"), take(person(60, seed=1), "B")
    assert not list(find_copies([first, other]))
    [finding] = find_copies([first, other, take(person(60), "C")])
    assert (finding.check, finding.message) == (
        "copies",
        f"{PLACE}: the same motion as {PLACE}, expected motion of its own",
    )


@pytest.mark.parametrize("fps", [0.5, 0.0, -50.0, 1001.0, float("nan"), float("inf")])
def test_a_frame_rate_that_no_camera_has_is_refused(fps):
    with pytest.raises(InputError, match="expected 1 to 1000"):
        check_fps(fps, PLACE)


@pytest.mark.parametrize("mirrored", [(1, 2, 0), (0, 0), (3, 1), (1.0, 0.0), (True, False), (-1, 0), ("0",), ([0],)])
def test_a_mirror_list_that_is_no_exchange_is_refused(mirrored):
    with pytest.raises(InputError, match="expected an exchange of left and right"):
        check_mirrored(mirrored, PLACE)
    check_mirrored(MIRRORED, PLACE)


@pytest.mark.parametrize("lost", [0.0, 7.0])
def test_a_frame_that_the_detector_lost_is_named(lost):
    keypoints = np.random.default_rng(0).uniform(1, 999, (40, 17, 2)).astype(np.float32)
    assert not list(find_lost(keypoints, PLACE))
    keypoints[12:15] = lost
    [finding] = find_lost(keypoints, PLACE)
    assert "frame 12 has" in finding.message
    assert "3 of 40 frames" in finding.message


def test_a_single_keypoint_at_zero_is_lost_too():
    keypoints = np.full((40, 17, 2), 300.0, np.float32) + np.arange(17)[:, None]
    keypoints[5, 9] = 0
    [finding] = find_lost(keypoints, PLACE)
    assert "frame 5 has" in finding.message


def outlier(joints) -> np.ndarray:
    joints = joints.copy()
    joints[31, 13] += 77
    return joints


def far(keypoints, projected, *, layout="h36m"):
    """Findings in one sequence."""
    distances = Distances(JOINT_AT[layout])
    distances.add(keypoints, projected, PLACE)
    return [finding for finding in distances.find() if finding.message.startswith(PLACE)]


@pytest.mark.parametrize(
    ("change", "is_found"),
    [
        (lambda pixels: pixels + 3, False),
        (lambda pixels: pixels + np.array([51, 0]), False),  # as in three takes of Human3.6M
        (lambda pixels: pixels + np.array([120, 0]), True),
        (lambda pixels: pixels / 2, True),  # another resolution
        (lambda pixels: pixels / 500 - 1, True),  # normalised
        (lambda pixels: np.roll(pixels, 30, axis=0), True),  # a shift in time
    ],
)
def test_keypoints_of_other_motion_are_found(change, is_found):
    steps = 300 * np.sin(np.arange(60) / 10)[:, None, None]
    pixels = 500 + steps + np.random.default_rng(0).uniform(-100, 100, (1, 17, 2))
    assert bool(far(change(pixels), pixels)) == is_found


def test_keypoints_from_another_side_are_found_although_they_are_near():
    pixels = 500 + np.random.default_rng(0).uniform(-30, 30, (60, 17, 2))
    assert not far(pixels, pixels)
    [finding] = far([1000, 0] - pixels * [1, -1], pixels)
    assert "other cameras, or left and right exchanged?" in finding.message


def test_keypoints_of_coco_are_compared_at_the_joints_that_both_have():
    pixels = np.random.default_rng(0).uniform(0, 999, (60, 17, 2))
    coco = np.zeros_like(pixels)
    coco[:, 5:] = pixels[:, [11, 14, 12, 15, 13, 16, 4, 1, 5, 2, 6, 3]]
    assert not far(coco, pixels, layout="coco")
    assert far(coco, pixels)


def test_of_several_sequences_the_one_with_other_keypoints_is_named():
    pixels = np.random.default_rng(0).uniform(0, 999, (60, 17, 2))
    distances = Distances(JOINT_AT["h36m"])
    for name in ("first", "second", "third"):
        distances.add(pixels[::-1] if name == "second" else pixels, pixels, name)
    [finding] = distances.find()
    assert finding.message.startswith("second: ")
    assert distances.median() == 0


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        (lambda joints: 1000 * joints, "bones", r"millimetres\?"),
        (outlier, "bones", r"in 1 frames a joint is too far from the root, first in frame 31: 77(\.\d)? m"),
        (lambda joints: joints + np.float32([0, 0, 4]), "root", "in the camera frame"),
        (lambda joints: joints * np.float32([1, -1, 1]), "axes", r"look like x, -y, z, .*upside down\?"),
        (lambda joints: joints * np.float32([-1, 1, 1]), "axes", r"look like -x, y, z, .*mirrored"),
        (
            lambda joints: joints[:, ::-1] - joints[:, -1:],
            "axes",
            r"looks like .*in the order pelvis, ",
        ),
        (lambda joints: joints[:, MIRRORED], "axes", "look like -x, y, -z"),
        (lambda joints: joints[..., [0, 2, 1]], "axes", r"look like x, z, y, .*another axis up\?"),
    ],
)
def test_predictions_in_another_frame_of_reference_are_found(change, check, words):
    with pytest.raises(InputError, match=f"{words}.*allow: \\[{check}\\]"):
        Judge().hear(find_in_predictions(change(seen(300)), seen(300), PLACE))


@pytest.mark.parametrize("spread", [0.02, 0.1, 0.3])
def test_predictions_of_a_network_that_has_learnt_little_are_accepted(spread):
    noise = np.random.default_rng(0).normal(0, spread, (300, 17, 3))
    mean = seen(300).mean(axis=0)
    for predicted in (seen(300) + noise, mean + noise):
        assert not list(find_in_predictions(predicted.astype(np.float32), seen(300), PLACE))


def test_real_and_synthetic_motion_is_plausible(shared, tmp_path):
    people = ["01", "02", "03"]
    settings = CmuSettings(url=f"file://{shared}/data/cmu", digests="digests", trials={}, fps={})
    cmu.fetch(settings, tmp_path, tmp_path / "cmu", people)
    subjects = ["S1", "S9"]
    synthetic.fetch(SOURCES["synthetic"].settings(frames=60, fps=50.0, seed=0), tmp_path, tmp_path / "made", subjects)
    takes = [
        *cmu.read(settings, tmp_path, tmp_path / "cmu", people, ()),
        *map(arrays.read_take, arrays.list_takes(shared / "data/motion-arrays")),
        *map(arrays.read_take, arrays.list_takes(tmp_path / "made")),
    ]
    assert len(takes) > 100
    assert not [finding for take in takes for finding in find_in_take(take)]
    assert not list(find_lying(takes))
    assert not list(find_copies(takes))


def test_every_check_has_a_meaning():
    assert all(CHECKS.values())

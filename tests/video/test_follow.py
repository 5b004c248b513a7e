"""Streams: JSON lines in, JSON lines out, as the whole video would be lifted."""

import json

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.mocap.keypoints.video import Told
from jointaware.pose.skeleton import JOINTS
from jointaware.video.follow import lift_lines
from jointaware.video.lift import Choices, lift_person, open_lifter
from tests.video import written
from tests.video.test_lift import video
from tests.video.written import FPS, SIZE

TOLD = Told(FPS, SIZE, LAYOUTS["coco"])
CHOICES = Choices()


@pytest.fixture
def lifter(tmp_path):
    return open_lifter(written.network(tmp_path / "network.safetensors", causal=True))[0]


def lines(take: np.ndarray) -> list[str]:
    return [json.dumps({"keypoints": pose.tolist() if np.isfinite(pose).all() else None}) for pose in take]


def answers(lifter, take: np.ndarray, told: Told = TOLD) -> list[dict]:
    _, *found = map(json.loads, lift_lines(lifter, told, CHOICES, lines(take)))
    return found


def test_a_stream_equals_the_video(lifter, tmp_path):
    take = written.keypoints(60)
    found = answers(lifter, take)
    whole = video(tmp_path, take)
    expected, _ = lift_person(lifter, whole, whole.people[0], CHOICES, "take")
    np.testing.assert_allclose([answer["joints"] for answer in found], expected.joints, atol=1e-6)
    np.testing.assert_allclose([answer["root"] for answer in found], expected.root, atol=1e-4)
    assert [answer["frame"] for answer in found] == list(range(60))


def test_the_first_line_explains_the_others(lifter):
    header = json.loads(next(lift_lines(lifter, TOLD, CHOICES, [])))
    assert header["joint_names"] == list(JOINTS)
    assert (header["unit"], header["fps"]) == ("metre", FPS)


def test_every_line_is_answered_before_the_next_is_read(lifter):
    asked = []

    def ask():
        for line in lines(written.keypoints(5)):
            asked.append(line)
            yield line

    stream = lift_lines(lifter, TOLD, CHOICES, ask())
    next(stream)
    for number in range(1, 6):
        next(stream)
        assert len(asked) == number


def test_somebody_who_is_lost_stays_where_they_were_and_time_goes_on(lifter):
    take = written.keypoints(40)
    take[3:] = take[3]
    found = answers(lifter, written.lose(take, np.array([0, 1, 20, 21])))
    assert [answer["lost"] for answer in found] == [frame in (0, 1, 20, 21) for frame in range(40)]
    assert found[0]["joints"] is None
    np.testing.assert_allclose(found[21]["joints"], found[19]["joints"], atol=1e-6)


@pytest.mark.parametrize("fps", [25.0, 30.0, 60.0, 120.0])
def test_a_stream_of_another_rate_is_lifted_at_the_network_s(fps, lifter, tmp_path):
    """To within one frame of the network: in a stream nothing is known of what comes next."""
    seconds = 1.6
    frames = int(seconds * fps)
    slow = written.keypoints(200)
    at = np.linspace(0, seconds * FPS, frames, endpoint=False)
    floor = np.floor(at).astype(int)
    take = slow[floor] + (at - floor)[:, None, None].astype(np.float32) * (slow[floor + 1] - slow[floor])
    found = answers(lifter, take, Told(fps, SIZE, LAYOUTS["coco"]))
    plain = np.array([answer["joints"] for answer in answers(lifter, slow[:80])])
    near = plain[np.minimum(floor, 79)]
    assert np.abs(np.array([answer["joints"] for answer in found]) - near).max() < 0.02


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (Told(None, SIZE, LAYOUTS["coco"]), "expected --size, --fps and --layout"),
        (Told(FPS, None, LAYOUTS["coco"]), "expected --size, --fps and --layout"),
        (Told(FPS, SIZE, None), "expected --size, --fps and --layout"),
    ],
)
def test_a_stream_says_nothing_of_itself(told, message, lifter):
    with pytest.raises(InputError, match=message):
        next(lift_lines(lifter, told, CHOICES, []))


def test_a_network_that_looks_ahead_is_refused(tmp_path):
    lifter, _ = open_lifter(written.network(tmp_path / "network.safetensors"))
    with pytest.raises(InputError, match="found a network that looks at later frames, expected a causal one"):
        next(lift_lines(lifter, TOLD, CHOICES, []))


@pytest.mark.parametrize("line", ["{", "[]", "{}", '{"keypoints": [[1, 2, 3]]}', '{"keypoints": "here"}', "7"])
def test_a_line_that_is_none_is_named(line, lifter):
    with pytest.raises(InputError, match="stdin: "):
        list(lift_lines(lifter, TOLD, CHOICES, [*lines(written.keypoints(1)), line]))

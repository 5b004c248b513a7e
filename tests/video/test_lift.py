"""What lifting does with frame rates, gaps, layouts and networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from jointaware.artifacts.network_files import NetworkInput, read_network, read_network_input, write_networks
from jointaware.errors import InputError
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.mocap.keypoints.video import Person, Video
from jointaware.pose.camera import normalize_screen
from jointaware.pose.inference.turning import turned_to
from jointaware.pose.lifting import lift
from jointaware.pose.network import TemporalNetwork
from jointaware.video import lift as lift_module
from jointaware.video.lift import Choices, lift_person, open_lifter
from tests.video import written
from tests.video.written import FPS, SIZE


def video(tmp_path, take: np.ndarray, fps: float = FPS) -> Video:
    points = take[..., :2].copy()
    return Video(
        tmp_path / "take.json", LAYOUTS["coco"], fps, SIZE, (Person("1", points, np.nan_to_num(take[..., 2])),)
    )


def lifted(tmp_path, take: np.ndarray, choices: Choices | None = None, *, fps: float = FPS, **network):
    lifter, _ = open_lifter(written.network(tmp_path / "network.safetensors", **network))
    made = video(tmp_path, take, fps)
    return lift_person(lifter, made, made.people[0], choices or Choices(), "take")


def test_it_is_the_lifting_of_the_pipeline(tmp_path):
    take = written.keypoints(40)
    found, _ = lifted(tmp_path, take)
    screen = normalize_screen(torch.from_numpy(take[..., :2]), *SIZE)
    with torch.no_grad():
        expected = lift(
            read_network(tmp_path / "network.safetensors"),
            screen,
            use_flip=True,
            mirrored_keypoints=LAYOUTS["coco"].mirrored,
        )
    np.testing.assert_allclose(found.joints[:, 1:], expected.numpy()[:, 1:], atol=1e-6)
    assert not found.joints[:, 0].any()


def test_chunks_do_not_show(tmp_path, monkeypatch):
    take = written.keypoints(200)
    whole, _ = lifted(tmp_path, take)
    monkeypatch.setattr(lift_module, "FRAMES", 32)
    pieces, _ = lifted(tmp_path, take)
    np.testing.assert_allclose(pieces.joints, whole.joints, atol=1e-6)
    np.testing.assert_allclose(pieces.root, whole.root, atol=1e-4)


@pytest.mark.parametrize("fps", [24.0, 30000 / 1001, 30.0, 50.0, 60.0, 119.88])
@pytest.mark.parametrize("frames", [1, 2, 37, 100])
def test_every_frame_of_the_video_has_a_pose_whatever_the_rates(fps, frames, tmp_path):
    found, _ = lifted(tmp_path, written.keypoints(frames), fps=fps)
    assert found.joints.shape == (frames, 17, 3)
    assert np.isfinite(found.joints).all()
    assert np.isfinite(found.root).all()
    assert found.fps == fps


def test_a_video_at_twice_the_rate_gives_the_same_motion_in_between(tmp_path):
    """Made-up motion is slow, so that either rate has all of it."""
    slow = written.keypoints(120)
    half, _ = lifted(tmp_path, slow[::2], fps=25.0)
    whole, _ = lifted(tmp_path, slow, fps=50.0)
    np.testing.assert_allclose(half.joints[5:-5], whole.joints[::2][5:-5], atol=5e-3)


def test_a_gap_longer_than_the_limit_is_left_open_and_its_neighbours_know_nothing_of_it(tmp_path):
    take = written.lose(written.keypoints(90), np.arange(40, 60))
    found, remarks = lifted(tmp_path, take, Choices(gap=10))
    assert np.isnan(found.joints[40:60]).all()
    assert np.isnan(found.root[40:60]).all()
    assert found.lost.sum() == 20
    alone, _ = lifted(tmp_path, take[:40])
    np.testing.assert_array_equal(found.joints[:40], alone.joints)
    assert "20 of 90 frames lost, 20 of them in gaps too long to bridge (NaN)" in remarks[0]


def test_a_gap_up_to_the_limit_is_bridged(tmp_path):
    found, _ = lifted(tmp_path, written.lose(written.keypoints(90), np.arange(40, 60)), Choices(gap=20))
    assert np.isfinite(found.joints).all()
    assert found.lost[40:60].all()
    assert not found.confidence[45].any()


def test_a_point_that_is_never_detected_is_named(tmp_path):
    take = written.keypoints(20)
    take[:, 3] = np.nan
    found, remarks = lifted(tmp_path, take)
    assert remarks == ["take: never detected, so put where its counterpart or the body is: left_ear"]
    assert np.isfinite(found.joints).all()


def test_coco_is_brought_to_the_joints_of_human36m_for_a_network_trained_on_those(tmp_path):
    found, _ = lifted(tmp_path, written.keypoints(20), layout="h36m")
    assert found.layout is LAYOUTS["h36m"]
    middle = written.keypoints(20)[:, 11:13, :2].mean(axis=1)
    np.testing.assert_allclose(found.keypoints[:, 0], middle, atol=1e-3)


def test_a_network_trained_on_coco_refuses_the_joints_of_human36m(tmp_path):
    lifter, _ = open_lifter(written.network(tmp_path / "network.safetensors"))
    take = replace(video(tmp_path, written.keypoints(20)), layout=LAYOUTS["h36m"])
    with pytest.raises(InputError, match=r"take\.json: the layout h36m has no nose, expected one .*coco"):
        lift_person(lifter, take, take.people[0], Choices(), "take")


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (NetworkInput("snouts", "screen", 50.0), "was trained on keypoints called 'snouts', expected coco or h36m"),
        (NetworkInput("halpe26", "screen", 50.0), "was trained on keypoints called 'halpe26', expected coco or h36m"),
        (NetworkInput("coco", "mood", 50.0), "normalised by 'mood', expected screen or person"),
        (NetworkInput("coco", "screen", 50), "expected layout, normalisation, fps"),
    ],
)
def test_a_network_trained_on_something_else_is_refused(header, message, tmp_path):
    write_networks(tmp_path / "network.safetensors", [TemporalNetwork([3], 4).eval()], header)
    with pytest.raises(InputError, match=message):
        open_lifter(tmp_path / "network.safetensors")


def test_a_network_says_what_it_was_trained_on(tmp_path):
    path = written.network(tmp_path / "network.safetensors", normalisation="person", fps=30.0)
    assert read_network_input(path) == NetworkInput("coco", "person", 30.0)
    lifter, is_said = open_lifter(path)
    assert is_said
    assert lifter.layout.root == (11, 12)


def test_a_network_that_does_not_say_is_of_human36m(tmp_path):
    write_networks(tmp_path / "network.safetensors", [TemporalNetwork([3], 4).eval()])
    lifter, is_said = open_lifter(tmp_path / "network.safetensors")
    assert not is_said
    assert lifter.layout is LAYOUTS["h36m"]


def test_by_person_the_place_in_the_image_moves_the_root_and_turns_the_pose_with_it(tmp_path):
    take = written.keypoints(30)
    moved = take.copy()
    moved[..., :2] += [200, 50]
    first, _ = lifted(tmp_path, take, normalisation="person")
    second, _ = lifted(tmp_path, moved, normalisation="person")
    assert np.abs(first.joints - second.joints).max() > 0.01
    of_person = []
    for each in (first, second):
        place = torch.from_numpy(each.keypoints[:, [11, 12]].mean(axis=1)) - torch.tensor(each.size) / 2
        seen = torch.cat([place, torch.full((len(place), 1), float(np.hypot(*each.size)))], dim=1)
        of_person.append(turned_to(torch.from_numpy(each.joints), seen))
    torch.testing.assert_close(*of_person, atol=1e-4, rtol=0)
    assert np.abs(second.root - first.root)[:, 0].mean() > 0.1


def test_smoothing_and_rigid_bones_are_asked_for(tmp_path):
    take = written.keypoints(60)
    take[..., :2] += np.random.default_rng(0).normal(0, 3, (60, 17, 2)).astype(np.float32)
    plain, _ = lifted(tmp_path, take)
    smooth, _ = lifted(tmp_path, take, Choices(is_smoothed=True))
    rigid, _ = lifted(tmp_path, take, Choices(is_rigid=True))

    def jitter(motion: np.ndarray) -> float:
        return float(np.linalg.norm(np.diff(motion, n=2, axis=0), axis=-1).mean())

    assert jitter(smooth.joints) < 0.5 * jitter(plain.joints)
    assert jitter(smooth.root[:, None]) < 0.5 * jitter(plain.root[:, None])
    thigh = np.linalg.norm(rigid.joints[:, 2] - rigid.joints[:, 1], axis=-1)
    assert np.ptp(thigh) < 1e-6

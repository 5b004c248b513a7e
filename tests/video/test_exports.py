"""Every export read back by an independent reader lies where the .npz says, to a tenth of a millimetre."""

import csv
import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.pose.skeleton import BONES, JOINTS
from jointaware.video.exports import EXPORTS, export
from jointaware.video.film import bones_of, pictures
from jointaware.video.lift import Choices, lift_person, open_lifter
from jointaware.video.lifted import Lifted, read_lifted, write_lifted
from tests.report.test_player import unpack
from tests.video import written
from tests.video.test_lift import video

TENTH = 1e-4
GAP = slice(30, 50)


@pytest.fixture(scope="module")
def take(tmp_path_factory) -> Lifted:
    """A motion with bones of constant length, with a gap that is not bridged."""
    folder = tmp_path_factory.mktemp("take")
    lifter, _ = open_lifter(written.network(folder / "network.safetensors", layout="h36m"))
    made = video(folder, written.lose(written.keypoints(80), np.arange(80)[GAP]))
    return lift_person(lifter, made, made.people[0], Choices(gap=5, is_rigid=True), "take")[0]


def z_up(y_up: np.ndarray) -> np.ndarray:
    return np.stack([y_up[..., 0], -y_up[..., 2], y_up[..., 1]], axis=-1)


def written_as(form: str, take: Lifted, folder):
    path = folder / f"take{EXPORTS[form].suffix}"
    export(form, path, take)
    return path


def test_the_npz_explains_itself_and_is_read_back(take, tmp_path):
    write_lifted(tmp_path / "take.npz", take)
    with np.load(tmp_path / "take.npz", allow_pickle=False) as file:
        arrays = dict(file)
    assert arrays["joint_names"].tolist() == list(JOINTS)
    assert (str(arrays["unit"]), float(arrays["fps"])) == ("metre", take.fps)
    assert str(arrays["frame_of_reference"]).startswith("camera: x right, y down, z forward")
    assert {name: arrays[name].shape for name in ("joints", "root", "confidence", "lost")} == {
        "joints": (80, 17, 3), "root": (80, 3), "confidence": (80, 17), "lost": (80,),
    }  # fmt: skip
    np.testing.assert_array_equal(arrays["joints"], take.joints)
    again = read_lifted(tmp_path / "take.npz")
    np.testing.assert_allclose(again.placed(), take.placed(), atol=1e-12)
    placed = arrays["joints"].astype(float) + arrays["root"][:, None]
    np.testing.assert_allclose(placed @ arrays["world_turn"] + arrays["world_shift"], take.placed(), atol=1e-12)


def test_equal_takes_give_equal_bytes(take, tmp_path):
    for name in ("a.npz", "b.npz"):
        write_lifted(tmp_path / name, take)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_c3d_is_read_back_by_ezc3d(take, tmp_path):
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d(str(written_as("c3d", take, tmp_path)))
    assert file["parameters"]["POINT"]["LABELS"]["value"] == list(JOINTS)
    assert file["parameters"]["POINT"]["UNITS"]["value"] == ["mm"]
    assert file["parameters"]["POINT"]["RATE"]["value"][0] == take.fps
    points = file["data"]["points"][:3].transpose(2, 1, 0) / 1000
    np.testing.assert_allclose(points, take.placed(), atol=TENTH)
    assert np.isnan(points[GAP]).all()


def test_trc_is_read_back(take, tmp_path):
    lines = written_as("trc", take, tmp_path).read_text().splitlines()
    header = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert header["Units"] == "mm"
    assert (float(header["DataRate"]), header["NumFrames"], header["NumMarkers"]) == (take.fps, "80", "17")
    assert [name for name in lines[3].split("\t")[2:] if name] == list(JOINTS)
    rows = list(csv.reader(io.StringIO("\n".join(lines[6:])), delimiter="\t"))
    numbers = np.array([[float(cell) if cell else np.nan for cell in row] for row in rows])
    np.testing.assert_allclose(numbers[:, 1], np.arange(80) / take.fps, atol=1e-6)
    np.testing.assert_allclose(z_up(numbers[:, 2:].reshape(80, 17, 3)) / 1000, take.placed(), atol=TENTH)
    assert np.isnan(numbers[GAP, 2:]).all()


def test_bvh_is_read_back_by_bvhio(take, tmp_path):
    bvhio = pytest.importorskip("bvhio")
    root = bvhio.readAsHierarchy(str(written_as("bvh", take, tmp_path)))
    placed = take.placed()
    for frame in (*range(0, 30, 7), *range(50, 80, 7)):
        root.loadPose(frame)
        at = {joint.Name: np.array(joint.PositionWorld) for joint, _, _ in root.layout()}
        np.testing.assert_allclose(z_up(np.array([at[name] for name in JOINTS])), placed[frame], atol=TENTH)


def test_bvh_has_a_skeleton_of_its_own_with_rotations_alone(take, tmp_path):
    text = written_as("bvh", take, tmp_path).read_text()
    assert text.count("CHANNELS 6") == 1
    assert f"Frame Time: {1 / take.fps:.8f}" in text
    assert "Frames: 80\n" in text
    offsets = re.findall(r"JOINT (\w+)\n\s*{\n\s*OFFSET (\S+) (\S+) (\S+)", text)
    lengths = {name: np.linalg.norm(np.array(offset, float)) for name, *offset in offsets}
    for parent, joint in BONES:
        bone = np.linalg.norm(take.joints[0, joint] - take.joints[0, parent])
        assert lengths[JOINTS[joint]] == pytest.approx(bone, abs=TENTH)


def test_the_player_has_the_motion_and_no_truth(take, tmp_path):
    page = written_as("page", take, tmp_path).read_text(encoding="utf-8")
    motion = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)[1])
    assert motion["skeletons"] == ["lifted"]
    assert not re.search(r'(src|href)="https?:', page)
    [shown], placed = unpack(motion), take.placed()[::2]
    placed[..., :2] -= placed[:, :1, :2]
    np.testing.assert_allclose(shown["lifted"], placed, atol=1.1e-3)
    assert motion["takes"][0]["lost"] == [[GAP.start // 2, (GAP.stop - GAP.start) // 2]]


def segments(path: str) -> np.ndarray:
    """Lines of an SVG path, (lines, 2 ends, 2)."""
    return np.array(re.findall(r"-?\d+", path), float).reshape(-1, 2, 2)


def test_a_picture_moves_the_keypoints_beside_the_skeleton(take, tmp_path):
    path = written_as("svg", take, tmp_path)
    picture = ElementTree.parse(path).getroot()
    width, height = (float(number) for number in picture.get("viewBox").split()[2:])
    animations = picture.findall(".//{*}g[@class='moving']/{*}path/{*}animate")
    frames = [animation.get("values").split(";") for animation in animations]
    shown = range(0, len(take.root), 2)
    assert {len(values) for values in frames} == {len(shown)}
    assert float(animations[0].get("dur").removesuffix("s")) == 3
    for place, frame in enumerate(shown):
        assert {values[place] != "M0 0" for values in frames} == {take.known[frame]}
        if take.known[frame]:
            points = np.concatenate([segments(values[place]).reshape(-1, 2) for values in frames])
            assert ((points >= 0) & (points <= [width, height])).all()
    assert path.stat().st_size < 500_000
    assert "slowed down" in path.read_text()


def test_a_picture_s_keypoints_and_skeleton_are_in_proportion(take, tmp_path):
    picture = ElementTree.parse(written_as("svg", take, tmp_path)).getroot()
    layers = picture.findall(".//{*}g[@class='moving']/{*}path")
    assert [layer.get("class") for layer in layers] == [
        "middle", "right", "left", "floor", "middle", "right", "left",
    ]  # fmt: skip
    points, frame = list(take.layout.points), 6
    value = layers[2].find("{*}animate").get("values").split(";")[frame // 2]
    drawn = segments(value)
    lengths = np.linalg.norm(drawn[:, 0] - drawn[:, 1], axis=-1)
    known = [bone for bone in bones_of(points) if points[bone[1]].startswith("left")]
    expected = np.array([np.linalg.norm(take.keypoints[frame, a] - take.keypoints[frame, b]) for a, b in known])
    np.testing.assert_allclose(lengths, expected * lengths.sum() / expected.sum(), atol=1.5)


@pytest.mark.parametrize("form", ["mp4", "gif"])
def test_films_have_the_take_s_length(form, take, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg")
    frames, seconds = ffmpeg.count_frames_and_secs(str(written_as(form, take, tmp_path)))
    assert seconds == pytest.approx(80 / take.fps, abs=0.15)
    assert frames == pytest.approx(seconds * {"mp4": 25, "gif": 12.5}[form], abs=2)


def test_a_film_moves_and_shows_left_and_right(take):
    first, *_, last = pictures(take, 40)
    assert first.shape == (480, 960, 3)
    assert (first != last).any()
    for colour in ([0x00, 0x72, 0xB2], [0xD5, 0x5E, 0x00]):
        for half in (first[:, :480], first[:, 480:]):
            assert (np.abs(half.astype(int) - colour).sum(axis=-1) < 30).any()


@pytest.mark.parametrize(("form", "package"), [("c3d", "ezc3d"), ("mp4", "imageio_ffmpeg")])
def test_a_package_that_is_missing_is_named(form, package, take, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, package, None)
    with pytest.raises(InputError, match=f"--{form}: needs .* pip install {package.replace('_', '-')}"):
        written_as(form, take, tmp_path)
    assert not list(tmp_path.iterdir())

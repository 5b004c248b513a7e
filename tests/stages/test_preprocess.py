"""The preprocess stage: camera views, splits, and real motion."""

import functools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from jointaware.artifacts.sequences import Sequences, open_sequences
from jointaware.errors import InputError
from jointaware.mocap import arrays
from jointaware.mocap.cameras import load_cameras
from jointaware.mocap.take import Take
from jointaware.pose.camera import camera_to_world, project
from jointaware.pose.skeleton import LEFT_HIP, PELVIS, RIGHT_HIP, ROOT
from stages import fetch, preprocess
from tests.house import ROOT as PROJECT
from tests.people import person
from tests.tiny import read_yaml, write_yaml

PATHS = ["--params", "params.yaml", "--raw", "data/raw", "--manifest", "data/manifest.json"]
OUTPUTS = ["--sequences", "data/sequences.safetensors", "--cameras", "data/cameras.json"]


def write_parameters(folder: Path, data: dict, **settings: object) -> None:
    """The demo's parameters with changes in the sections data and preprocess."""
    parameters = read_yaml(PROJECT / "profiles/demo.yaml")
    parameters["data"] |= data
    parameters["preprocess"] |= settings
    write_yaml(folder / "params.yaml", parameters)


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory):
    """Fetch synthetic motion with this many frames per take, once per session; returns the folder."""

    @functools.cache
    def fetched(frames: int) -> Path:
        folder = tmp_path_factory.mktemp("synthetic")
        write_parameters(folder, {"synthetic": {"frames": frames, "fps": 50, "seed": 0}})
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            fetch.main(PATHS)
        return folder / "data"

    return fetched


@pytest.fixture
def start(tmp_path, monkeypatch, synthetic):
    """Fetch and preprocess with changed parameters; returns the sequences."""

    def start(data: dict, **settings: object) -> Sequences:
        write_parameters(tmp_path, data, **settings)
        monkeypatch.chdir(tmp_path)
        if "synthetic" in data:
            shutil.copytree(synthetic(data["synthetic"]["frames"]), "data", dirs_exist_ok=True)
        else:
            fetch.main(PATHS)
        preprocess.main([*PATHS, *OUTPUTS])
        return open_sequences(tmp_path / "data/sequences.safetensors")

    return start


@pytest.fixture
def tiny() -> dict:
    return {"synthetic": {"frames": 5, "fps": 50, "seed": 0}}


def own(tmp_path, **lengths: int) -> dict:
    """Motion arrays of made-up motion, given the number of frames by subject; returns the section data."""
    for person_number, (subject, frames) in enumerate(lengths.items()):
        for seed, number in enumerate(("", "1", "2"), start=3 * person_number):
            joints = person(frames, seed, place=(3, 4))
            arrays.write_take(tmp_path / "own", Take(subject, "Walking", number, joints, 60.0))
    return {"source": "arrays", "path": str(tmp_path / "own")}


def test_sequences_are_every_take_seen_by_every_camera(start, tiny):
    sequences = start(tiny)
    assert len(sequences.table) == 7 * 15 * 2 * 4
    assert set(sequences.of("test")["subject"]) == {"S9", "S11"}
    held_out = sequences.of("validation").groupby("subject")["action"].unique()
    assert list(held_out.index) == ["S1", "S5", "S6", "S7", "S8"]
    assert len({tuple(actions) for actions in held_out}) == 5
    takes = ["subject", "action", "subaction"]
    assert (sequences.table.groupby(takes)["split"].nunique() == 1).all()


def test_keypoints_are_the_projected_joints_and_the_camera_frame_can_be_inverted(start, tiny, tmp_path):
    still = {"std_pixels": 0.0, "correlation_frames": 0.0, "outlier_probability": 0.0, "outlier_pixels": 0.0, "seed": 0}
    sequences = start(tiny, detector=still)
    joints = torch.from_numpy(sequences.read("joints") + sequences.read("root")[:, None])
    keypoints = torch.from_numpy(sequences.read("keypoints"))
    for row in sequences.table.iloc[[0, 7, 500]].itertuples():
        camera = load_cameras()[row.subject][row.camera]
        frames = slice(row.start, row.start + row.frames)
        seen = project(joints[frames], torch.from_numpy(camera.intrinsics))
        torch.testing.assert_close(keypoints[frames], seen, rtol=0, atol=1e-5)
        pose = torch.from_numpy(camera.orientation), torch.from_numpy(camera.translation)
        world = arrays.read_take(
            tmp_path / f"data/raw/{f'{row.subject}/{row.action} {row.subaction}'.rstrip()}.npz"
        ).joints
        torch.testing.assert_close(camera_to_world(joints[frames], *pose), torch.from_numpy(world), rtol=0, atol=1e-5)
    assert np.abs(sequences.read("joints")[:, ROOT]).max() == 0


def test_the_detector_adds_reproducible_errors_in_pixels(start, tiny):
    still = {"std_pixels": 0.0, "correlation_frames": 0.0, "outlier_probability": 0.0, "outlier_pixels": 0.0, "seed": 0}
    cameras = {"cameras": ["54138969"]}
    exact, noisy = (start(tiny, **cameras, **each).read("keypoints") for each in ({"detector": still}, {}))
    pixels = read_yaml(PROJECT / "profiles/demo.yaml")["preprocess"]["detector"]["std_pixels"]
    assert (500 * (noisy - exact)).std() == pytest.approx(pixels, rel=0.1)
    np.testing.assert_array_equal(start(tiny, **cameras).read("keypoints"), noisy)


def test_own_motion_is_resampled_centred_and_turned(start, tmp_path):
    subjects = {"arrays": {"train": ["A"], "test": ["B"]}}
    split = read_yaml(PROJECT / "profiles/demo.yaml")["preprocess"]["subjects"] | subjects
    sequences = start(own(tmp_path, A=60, B=61), subjects=split, yaws=[0, 90], validation_every=3)
    assert set(sequences.table["fps"]) == {50.0}
    assert set(sequences.of("test")["frames"]) == {51}
    assert set(sequences.table["camera"]) >= {"54138969", "54138969@90"}
    assert set(sequences.of("train")["subaction"]) == {"", "1"}
    assert set(sequences.of("validation")["subaction"]) == {"2"}
    distance = np.linalg.norm(sequences.read("root"), axis=1)
    assert 3 < distance.min() < distance.max() < 7


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"validation_every": 3, "train": ["A"], "test": ["C"]}, "found no take of C, expected at least one"),
        ({"validation_every": 9, "train": ["A"], "test": ["B"]}, "the split validation is empty"),
        ({"validation_every": 1, "train": ["A"], "test": ["B"]}, "the split train is empty"),
        ({"skip_frames": {"A/Walking 1": 60}, "train": ["A"], "test": ["B"]}, r"skip_frames\.A/Walking 1: found 60"),
        ({"skip_takes": ["B/Walking", "B/Walking 1", "B/Walking 2"], "train": ["A"], "test": ["B"]}, "no take of B"),
    ],
)
def test_a_split_that_leaves_a_side_empty_is_refused(start, tmp_path, settings, words):
    split = read_yaml(PROJECT / "profiles/demo.yaml")["preprocess"]["subjects"]
    split["arrays"] = {side: settings.pop(side) for side in ("train", "test")}
    with pytest.raises(InputError, match=words):
        start(own(tmp_path, A=60, B=60), subjects=split, **{"validation_every": 3} | settings)
    assert not (tmp_path / "data/sequences.safetensors").exists()


@pytest.mark.parametrize(
    ("change", "check", "words"),
    [
        (lambda joints: joints * np.float32(0.3), "bones", r"A/Walking\.npz: the bones add up to 1\.2"),
        (lambda joints: joints + np.float32([500, 0, 0]), "position", r"A/Walking\.npz: the root of frame 10 is 503 m"),
        (lambda joints: joints - joints[:, :1], "floor", r"relative to the root\?"),
        (lambda joints: joints @ np.float32([[1, 0, 0], [0, 0, 1], [0, -1, 0]]), "upright", r"A: .*: -y up\?"),
    ],
)
def test_own_motion_that_is_not_plausible_is_refused_unless_allowed(start, tmp_path, capsys, change, check, words):
    data = own(tmp_path, A=60, B=60)
    for path in (tmp_path / "own/A").iterdir():
        take = arrays.read_take(path)
        arrays.write_take(tmp_path / "own", replace(take, joints=change(take.joints)))
    split = read_yaml(PROJECT / "profiles/demo.yaml")["preprocess"]["subjects"]
    split["arrays"] = {"train": ["A"], "test": ["B"]}
    settings = {"subjects": split, "validation_every": 3, "skip_frames": {"A/Walking": 10}}
    with pytest.raises(InputError, match=words):
        start(data, **settings)
    assert not (tmp_path / "data/sequences.safetensors").exists()
    sequences = start(data, **settings, allow=["bones", "floor", "position", "upright"])
    assert f"unusual, allowed: {check}: " in capsys.readouterr().out
    assert len(sequences.read("joints"))


def test_a_bad_start_of_a_take_that_is_skipped_is_not_judged(start, tmp_path):
    data = own(tmp_path, A=60, B=60)
    take = arrays.read_take(tmp_path / "own/A/Walking.npz")
    take.joints[:3, 5] += 77
    arrays.write_take(tmp_path / "own", take)
    split = read_yaml(PROJECT / "profiles/demo.yaml")["preprocess"]["subjects"]
    split["arrays"] = {"train": ["A"], "test": ["B"]}
    settings = {"subjects": split, "validation_every": 3}
    with pytest.raises(InputError, match=r"in 3 frames a bone changes its length, first in frame 0"):
        start(data, **settings)
    start(data, **settings, skip_frames={"A/Walking": 3})


def test_a_person_who_walks_behind_a_camera_is_refused(start, tmp_path):
    data = own(tmp_path, A=60, B=60)
    joints = person(300) + np.linspace(-9, 9, 300, dtype=np.float32)[:, None, None] * np.float32([0, 1, 0])
    arrays.write_take(tmp_path / "own", Take("A", "Walking", "", joints, 50.0))
    split = read_yaml(PROJECT / "profiles/demo.yaml")["preprocess"]["subjects"]
    split["arrays"] = {"train": ["A"], "test": ["B"]}
    with pytest.raises(InputError, match=r"A/Walking, camera \d+: in \d+ of 300 frames the root is behind the camera"):
        start(data, subjects=split, validation_every=3)


def test_raw_files_that_changed_after_fetch_are_refused(start, tiny, tmp_path):
    start(tiny)
    (tmp_path / "data/raw/S1/Walking.npz").write_bytes(b"changed")
    with pytest.raises(InputError, match=r"S1/Walking\.npz: differs from the file that .* lists; run fetch again"):
        preprocess.main([*PATHS, *OUTPUTS])


def test_the_real_walk_02_01_has_human_proportions_and_speed(start, shared, tmp_path):
    copy = {"url": f"file://{shared}/data/cmu", "digests": "cmu.sha256", "trials": {}, "fps": {}}
    sequences = start({"source": "cmu", "cmu": copy}, cameras=["54138969"])
    assert set(sequences.of("test")["subject"]) == {"02"}
    assert set(sequences.of("train")["subject"]) == set(sequences.of("validation")["subject"]) == {"01", "03"}
    table = sequences.table
    [walk] = table[(table["subject"] == "02") & (table["action"] == "Walking") & (table["subaction"] == "")][
        :1
    ].itertuples()
    assert (walk.frames, walk.fps) == (143, 50.0)
    frames = slice(walk.start, walk.start + walk.frames)
    joints, root = sequences.read("joints")[frames], sequences.read("root")[frames]
    height = np.ptp(joints[..., 1], axis=1)
    assert 1.35 < np.median(height) < 1.75
    assert 0.15 < np.linalg.norm(joints[:, LEFT_HIP] - joints[:, RIGHT_HIP], axis=1).mean() < 0.30
    assert 1.0 < np.linalg.norm(np.diff(root, axis=0), axis=1).mean() * walk.fps < 1.7
    assert np.abs(joints[:, PELVIS]).max() == 0
    cameras = json.loads((tmp_path / "data/cameras.json").read_text())
    assert [camera["camera"] for camera in cameras["02"]][:1] == ["54138969"]
    assert cameras["02"][0]["intrinsics"] == load_cameras()["S1"]["54138969"].intrinsics.tolist()


def test_own_real_motion_goes_through(start, shared):
    sequences = start({"source": "arrays", "path": str(shared / "data/motion-arrays")})
    assert set(sequences.of("test")["subject"]) == {"P5"}
    assert sequences.table["frames"].sum() == 4 * 9578


def test_only_the_chosen_actions_are_used(start, tiny):
    sequences = start(tiny, actions=["Walking", "Eating"], validation_every=2)
    assert set(sequences.table["action"]) == {"Walking", "Eating"}
    with pytest.raises(InputError, match=r"preprocess\.actions: found Wlking, expected some of Directions, .*Walking"):
        start(tiny, actions=["Walking", "Wlking"])


def test_downsampling_keeps_every_nth_frame_of_all_sequences(start):
    source = {"synthetic": {"frames": 11, "fps": 50, "seed": 0}}
    cameras = ["54138969"]
    whole, sparse = start(source, cameras=cameras).read("joints"), start(source, cameras=cameras, downsample=5)
    assert set(sparse.table["frames"]) == {3}
    assert set(sparse.table["fps"]) == {10.0}
    np.testing.assert_array_equal(sparse.read("joints")[:3], whole[:11:5])


def test_a_subset_is_a_contiguous_part_of_each_training_sequence_as_in_videopose3d(start):
    # Of 11 frames 6 are kept; the SHA-256 of "11" begins 4fc82b26, which is 0.149 of the way from frame 0 to 6.
    source = {"synthetic": {"frames": 11, "fps": 50, "seed": 0}}
    cameras = ["54138969"]
    whole, part = start(source, cameras=cameras).read("joints"), start(source, cameras=cameras, subset=0.5)
    frames = part.table.groupby("split")["frames"].unique()
    assert {split: list(lengths) for split, lengths in frames.items()} == {
        "train": [6],
        "validation": [11],
        "test": [11],
    }
    assert part.table["split"].iloc[0] == "train"
    np.testing.assert_array_equal(part.read("joints")[:6], whole[:6])


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"source": "synthetic", "files": [{}]}', b"[" * 50_000])
def test_a_damaged_manifest_is_one_line_with_its_stage(start, tiny, tmp_path, content):
    start(tiny)
    before = (tmp_path / "data/sequences.safetensors").read_bytes()
    (tmp_path / "data/manifest.json").write_bytes(content)
    with pytest.raises(InputError, match=r"^data/manifest\.json: .*; run `dvc repro fetch`$"):
        preprocess.main([*PATHS, *OUTPUTS])
    assert (tmp_path / "data/sequences.safetensors").read_bytes() == before


def test_sequences_and_all_that_describes_them_appear_together(start, tiny, tmp_path):
    start(tiny)
    (tmp_path / "data/cameras.json").unlink()
    (tmp_path / "data/cameras.json").mkdir()
    before = {path: path.read_bytes() for path in (tmp_path / "data").glob("*.*") if path.is_file()}
    with pytest.raises(InputError, match=r"cameras\.json: cannot be written"):
        start(tiny, subset=0.5)
    assert {path: path.read_bytes() for path in (tmp_path / "data").glob("*.*") if path.is_file()} == before


SPLIT = {"arrays": {"train": ["A"], "test": ["B"]}}


def edit(manifest: Path, change) -> None:
    content = json.loads(manifest.read_text())
    change(content["files"])
    manifest.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda files: files.clear(), r"Walking.*\.npz: data/manifest\.json does not list this file; run fetch again"),
        (lambda files: files[0].update(path="/dev/zero"), "/dev/zero: found a device, expected a file"),
        (lambda files: files[0].update(path="a\0b"), "manifest.json: files: 0: path: .*; run `dvc repro fetch`"),
    ],
)
def test_files_that_no_manifest_can_have_listed_are_refused(start, tmp_path, change, words):
    start(own(tmp_path, A=60, B=60), subjects=SPLIT, validation_every=3)
    edit(tmp_path / "data/manifest.json", change)
    with pytest.raises(InputError, match=words):
        preprocess.main([*PATHS, *OUTPUTS])


def test_a_take_that_is_also_the_test_persons_is_refused(start, tmp_path):
    data = own(tmp_path, A=60, B=60)
    shutil.copy(tmp_path / "own/A/Walking.npz", tmp_path / "own/B/Walking.npz")
    with pytest.raises(InputError, match=r"B/Walking\.npz: the same motion as .*A/Walking\.npz"):
        start(data, subjects=SPLIT, validation_every=3)

"""The preprocess stage on Human3.6M: every form gives the same sequences; detected keypoints are used unchanged."""

import json
import re

import numpy as np
import pytest

from jointaware.artifacts.files import sha256
from jointaware.errors import InputError
from jointaware.mocap.cameras import load_cameras
from jointaware.mocap.h36m import CAMERAS, SUBJECTS
from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.plausible.keypoints import JOINT_AT
from jointaware.mocap.take import Take
from jointaware.mocap.views import View, look
from jointaware.pose.camera import normalize_screen
from tests.mocap.h36m_files import STEMS, WRITERS
from tests.people import person
from tests.stages.test_preprocess import start, synthetic  # noqa: F401, fixtures

DETECTOR = "cpn_ft_h36m_dbb"
GT = {"keypoints": "gt", "keypoints_sha256": ""}
DETECTED = {"keypoints": DETECTOR, "keypoints_sha256": ""}
H36M_SYMMETRY = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
COCO_SYMMETRY = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
SETTINGS = {"validation_every": 3, "skip_takes": ["S11/Directions"]}


def standing(stems=STEMS, frames: int = 7) -> dict:
    """Motion of all subjects where the cameras look, by subject and file stem, (frames, 96) float32 millimetres."""
    motion = {}
    for place, subject in enumerate(SUBJECTS):
        motion[subject] = {}
        for seed, stem in enumerate(stems):
            positions = np.zeros((frames, 32, 3), np.float32)
            positions[:, h36m.KEPT_JOINTS] = 1000 * person(frames, 100 * place + seed)
            motion[subject][stem] = positions.reshape(frames, 96)
    return motion


def write_detections(
    folder, motion, *, layout: str = "h36m", symmetry=H36M_SYMMETRY, change=lambda pixels: pixels
) -> dict:
    """Detections near the projected joints, two frames longer than the motion; returns them by subject and take."""
    rng = np.random.default_rng(1)
    renamed = {"TakingPhoto": "Photo", "WalkingDog 1": "WalkDog 1"}

    def detect(subject: str, pose: np.ndarray, camera: str) -> np.ndarray:
        joints = pose.reshape(-1, 32, 3)[:, h36m.KEPT_JOINTS] / 1000
        _, projected = look(Take(subject, "", "", joints, 50.0), View(load_cameras()[subject][camera], 0.0))
        pixels = np.repeat(projected[:, 10:11], 17, axis=1)
        pixels[:, list(JOINT_AT[layout])] = projected[:, list(JOINT_AT[layout].values())]
        pixels = np.concatenate([pixels, pixels[-2:]])
        return change(pixels + rng.normal(0, 3, pixels.shape)).astype(np.float32)

    seen = {
        subject: {
            renamed.get(stem, stem): [detect(subject, pose, camera) for camera in CAMERAS]
            for stem, pose in takes.items()
            if stem != "_ALL"
        }
        for subject, takes in motion.items()
    }
    metadata = {"layout_name": layout, "num_joints": 17, "keypoints_symmetry": symmetry}
    np.savez(folder / f"data_2d_h36m_{DETECTOR}.npz", positions_2d=seen, metadata=metadata)
    return seen


def test_every_form_gives_the_same_sequences(start, tmp_path):  # noqa: F811
    digests = set()
    for form, write in WRITERS.items():
        folder = tmp_path / form.replace(" ", "_")
        folder.mkdir()
        write(folder, standing())
        start({"source": "h36m", "remote": "h36m", "path": str(folder), "h36m": GT}, **SETTINGS)
        digests.add((sha256(tmp_path / "data/sequences.safetensors"), sha256(tmp_path / "data/sequences.csv")))
    assert len(digests) == 1


def test_detected_keypoints_are_normalised_and_cut_to_the_joints(start, tmp_path, capsys):  # noqa: F811
    import torch

    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    seen = write_detections(tmp_path, motion)
    sequences = start({"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": DETECTED}, **SETTINGS)
    table = sequences.table
    assert set(table["frames"]) == {7}
    assert f"left out {2 * len(table)} frames of keypoints" in capsys.readouterr().out
    assert not ((table["subject"] == "S11") & (table["action"] == "Directions") & (table["subaction"] == "")).any()
    [row] = table[
        (table["subject"] == "S9") & (table["action"] == "Photo") & (table["camera"] == CAMERAS[1])
    ].itertuples()
    pixels = torch.from_numpy(seen["S9"]["Photo"][1][:7])
    found = sequences.read("keypoints")[row.start : row.start + 7]
    np.testing.assert_allclose(found, normalize_screen(pixels, 1000, 1000).numpy(), atol=1e-6)


def test_keypoints_keep_their_order_and_the_sequences_record_their_mirroring(start, tmp_path):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    write_detections(tmp_path, motion, layout="coco", symmetry=COCO_SYMMETRY)
    sequences = start({"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": DETECTED}, **SETTINGS)
    assert sequences.mirrored_keypoints == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)


def test_frames_skipped_at_the_start_of_a_take_are_skipped_in_its_keypoints_too(start, tmp_path):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    write_detections(tmp_path, motion)
    source = {"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": DETECTED}
    sequences = start(source, **SETTINGS)
    whole = {name: sequences.read(name) for name in ("keypoints", "joints")}
    cut = start(source, **SETTINGS, skip_frames={"S1/Directions": 3})
    assert list(cut.table["frames"][:4]) == [4] * 4
    for name, frames in whole.items():
        np.testing.assert_array_equal(cut.read(name)[:4], frames[3:7])


def test_downloaded_keypoints_are_read_from_where_fetch_put_them(start, tmp_path, monkeypatch):  # noqa: F811
    motion = standing()
    for folder in ("licensed", "web"):
        (tmp_path / folder).mkdir()
    WRITERS["npz"](tmp_path / "licensed", motion)
    write_detections(tmp_path / "web", motion)
    monkeypatch.setattr(h36m, "DETECTIONS_URL", f"file://{tmp_path}/web")
    sequences = start({"source": "h36m", "remote": "h36m", "path": "licensed", "h36m": DETECTED}, **SETTINGS)
    assert set(sequences.table["frames"]) == {7}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pixels: pixels / 2, "another resolution"),
        (lambda pixels: pixels / 500 - 1, "no pixels"),
        (lambda pixels: 1000 * pixels, "pixels from the projected joints in the median, expected at most 50"),
        (lambda pixels: pixels * (np.arange(len(pixels)) != 4)[:, None, None], "frame 4 has keypoints at .0, 0."),
        (lambda pixels: np.where(np.arange(len(pixels))[:, None, None] == 4, 9.0, pixels), "frame 4 has"),
    ],
)
def test_keypoints_that_are_lost_or_far_from_the_joints_are_refused(start, tmp_path, change, words):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    write_detections(tmp_path, motion, change=change)
    with pytest.raises(InputError, match=rf"S1/Directions, camera 54138969: .*{words}"):
        start({"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": DETECTED}, **SETTINGS)


@pytest.mark.parametrize("other", ["camera", "take"])
def test_keypoints_of_another_camera_or_take_are_refused(start, tmp_path, other):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    seen = write_detections(tmp_path, motion)
    if other == "camera":
        seen["S5"]["Walking"].reverse()
    else:  # of somebody who stands elsewhere
        moved = {"S5": {"Walking": motion["S5"]["Walking"] + np.tile(np.float32([700, 500, 0]), 32)}}
        seen["S5"] |= write_detections(tmp_path, moved)["S5"]
    metadata = {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": H36M_SYMMETRY}
    np.savez(tmp_path / f"data_2d_h36m_{DETECTOR}.npz", positions_2d=seen, metadata=metadata)
    with pytest.raises(InputError, match=r"S5/Walking, camera \d+: .*: other cameras"):
        start({"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": DETECTED}, **SETTINGS)


def test_the_distance_of_keypoints_and_what_was_allowed_are_printed_and_recorded(start, tmp_path, capsys):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    write_detections(tmp_path, motion, change=lambda pixels: pixels / 2)
    source = {"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": DETECTED}
    start(source, **SETTINGS, allow=["projection"])
    printed = capsys.readouterr().out
    assert "unusual, allowed: projection: S1/Directions, camera 54138969: the keypoints are" in printed
    recorded = json.loads((tmp_path / "data/record.json").read_text())["plausibility"]
    assert recorded["keypoint_distance_pixels"] > 50
    assert "; and " in recorded["unusual"]["projection"]
    write_detections(tmp_path, motion)
    start(source, **SETTINGS)
    assert re.search(r"keypoints are 3\.\d+ pixels from the projected joints in the median", capsys.readouterr().out)


def test_millimetres_in_the_npz_are_refused(start, tmp_path):  # noqa: F811
    WRITERS["npz"](tmp_path, {who: {n: 1000 * pose for n, pose in takes.items()} for who, takes in standing().items()})
    with pytest.raises(InputError, match=r"Directions: the bones add up to 4\.\d+e\+03 m, expected .*: millimetres\?"):
        start({"source": "h36m", "remote": "h36m", "path": str(tmp_path), "h36m": GT}, **SETTINGS)

"""The preprocess stage on Human3.6M: every form gives the same sequences; detected keypoints are used unchanged."""

import numpy as np

from jointaware.artifacts.files import sha256
from jointaware.mocap.h36m import CAMERAS, SUBJECTS
from jointaware.mocap.h36m import takes as h36m
from jointaware.pose.camera import normalize_screen
from tests.mocap.h36m_files import STEMS, WRITERS, made_up
from tests.stages.test_preprocess import start, synthetic  # noqa: F401, fixtures

DETECTOR = "cpn_ft_h36m_dbb"
GT = {"keypoints": "gt", "keypoints_sha256": ""}
DETECTED = {"keypoints": DETECTOR, "keypoints_sha256": ""}
H36M_SYMMETRY = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
COCO_SYMMETRY = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
SETTINGS = {"validation_every": 3, "skip_takes": ["S11/Directions"]}


def standing(stems=STEMS) -> dict:
    """Motion of all subjects, moved to where the cameras look."""
    motion = made_up(SUBJECTS, stems)
    for takes in motion.values():
        for pose in takes.values():
            pose += np.tile([0, 0, 1000], 32).astype(np.float32)
    return motion


def write_detections(folder, motion, *, layout: str = "h36m", symmetry=H36M_SYMMETRY, frames: int = 9) -> dict:
    """Random detections, two frames longer than the motion; returns them by subject and take."""
    rng = np.random.default_rng(1)
    renamed = {"TakingPhoto": "Photo", "WalkingDog 1": "WalkDog 1"}
    seen = {
        subject: {
            renamed.get(stem, stem): [rng.uniform(0, 1000, (frames, 17, 2)).astype(np.float32) for _ in CAMERAS]
            for stem in takes
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
        start({"source": "h36m", "path": str(folder), "h36m": GT}, **SETTINGS)
        digests.add((sha256(tmp_path / "data/sequences.safetensors"), sha256(tmp_path / "data/sequences.csv")))
    assert len(digests) == 1


def test_detected_keypoints_are_normalised_and_cut_to_the_joints(start, tmp_path, capsys):  # noqa: F811
    import torch

    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    seen = write_detections(tmp_path, motion)
    sequences = start({"source": "h36m", "path": str(tmp_path), "h36m": DETECTED}, **SETTINGS)
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
    sequences = start({"source": "h36m", "path": str(tmp_path), "h36m": DETECTED}, **SETTINGS)
    assert sequences.mirrored_keypoints == (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)


def test_frames_skipped_at_the_start_of_a_take_are_skipped_in_its_keypoints_too(start, tmp_path):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    write_detections(tmp_path, motion)
    source = {"source": "h36m", "path": str(tmp_path), "h36m": DETECTED}
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
    sequences = start({"source": "h36m", "path": "licensed", "h36m": DETECTED}, **SETTINGS)
    assert set(sequences.table["frames"]) == {7}

"""Human3.6M through preprocessing: every form gives the same sequences, detected keypoints are used as they are."""

import numpy as np
import pytest

from mocap.h36m import CAMERAS, SUBJECTS
from pose.camera import normalize_screen
from stages._command import UserError
from stages._files import sha256
from tests.mocap.h36m_files import WRITERS, made_up
from tests.stages.test_preprocess import start  # noqa: F401, a fixture

DETECTOR = "cpn_ft_h36m_dbb"
SETTINGS = {"validation_every": 3, "skip_takes": ["S11/Directions"]}


def standing(frames: int = 7) -> dict:
    """Motion of all subjects, moved to where the cameras look."""
    motion = made_up(SUBJECTS, frames=frames)
    for takes in motion.values():
        for pose in takes.values():
            pose += np.tile([0, 0, 1000], 32).astype(np.float32)
    return motion


def write_detections(folder, motion, *, layout: str = "h36m", frames: int = 9) -> dict:
    """What a detector saw, two frames longer than the motion; returns it by subject and take."""
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
    metadata = {
        "layout_name": layout,
        "num_joints": 17,
        "keypoints_symmetry": [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]],
    }
    np.savez(folder / f"data_2d_h36m_{DETECTOR}.npz", positions_2d=seen, metadata=metadata)
    return seen


def test_every_form_gives_the_same_sequences(start, tmp_path):  # noqa: F811
    digests = set()
    for form, write in WRITERS.items():
        folder = tmp_path / form.replace(" ", "_")
        folder.mkdir()
        write(folder, standing())
        start({"source": "h36m", "path": str(folder), "h36m": {"keypoints": "gt"}}, **SETTINGS)
        digests.add((sha256(tmp_path / "data/sequences.safetensors"), sha256(tmp_path / "data/sequences.csv")))
    assert len(digests) == 1


def test_detected_keypoints_are_normalised_cut_to_the_joints_and_otherwise_untouched(start, tmp_path, capsys):  # noqa: F811
    import torch

    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    seen = write_detections(tmp_path, motion)
    sequences = start({"source": "h36m", "path": str(tmp_path), "h36m": {"keypoints": DETECTOR}}, **SETTINGS)
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


def test_joints_in_another_order_are_refused(start, tmp_path):  # noqa: F811
    motion = standing()
    WRITERS["npz"](tmp_path, motion)
    write_detections(tmp_path, motion, layout="coco")
    with pytest.raises(UserError, match="coco order, expected Human3"):
        start({"source": "h36m", "path": str(tmp_path), "h36m": {"keypoints": DETECTOR}}, **SETTINGS)

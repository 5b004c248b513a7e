"""Read made-up Human3.6M from a folder, and place single files in it."""

import numpy as np

from jointaware.mocap.h36m import KEPT_JOINTS
from jointaware.mocap.h36m.folders import find_positions
from jointaware.mocap.h36m.takes import read_positions

SUBJECTS = ("S1", "S9")


def read_all(folder, subjects=SUBJECTS, **settings):
    return list(read_positions(find_positions(folder, subjects), subjects, **settings))


def npz_of(folder, people):
    np.savez(folder / "data_3d_h36m.npz", positions_3d=people)


def take_path(folder, suffix):
    path = folder / "S1" / "MyPoseFeatures" / "D3_Positions" / f"Walking{suffix}"
    path.parent.mkdir(parents=True)
    return path


def assert_read(folder, pose):
    """The only take of S1 is this motion, (frames, 96) millimetres."""
    (take,) = read_all(folder, ["S1"])
    assert take.name == "S1/Walking 1"
    np.testing.assert_allclose(take.joints, (pose.reshape(-1, 32, 3) / 1000)[:, KEPT_JOINTS], rtol=1e-6)

"""Small files of random motion in every file format of Human3.6M."""

import gzip
import tarfile
from pathlib import Path

import h5py
import numpy as np
from cdflib.cdfwrite import CDF
from scipy.io import savemat

STEMS = ("Directions", "Directions 1", "TakingPhoto", "WalkingDog 1", "Walking", "_ALL")


def made_up(subjects=("S1", "S9"), stems=STEMS, frames=7):
    """Motion by subject and file stem, (frames, 96) float32 millimetres."""
    rng = np.random.default_rng(0)
    return {s: {stem: rng.normal(0, 900, (frames, 96)).astype(np.float32) for stem in stems} for s in subjects}


def write_npz(folder: Path, motion) -> Path:
    """VideoPose3D's file: its names of takes, in metres."""
    renamed = {"TakingPhoto": "Photo", "WalkingDog 1": "WalkDog 1"}
    people = {
        subject: {renamed.get(stem, stem): pose.reshape(-1, 32, 3) / 1000 for stem, pose in takes.items()}
        for subject, takes in motion.items()
    }
    path = folder / "data_3d_h36m.npz"
    np.savez_compressed(path, positions_3d=people)
    return path


def write_cdf(path: Path, pose, *, majority="row_major", compressed=0) -> None:
    """One .cdf file with the variable `Pose`, (1, frames, 96)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if majority == "column_major":  # cdflib only says so and leaves the order of the values to its caller
        pose = pose.T.reshape(pose.shape)
    file = CDF(path, cdf_spec={"Majority": majority, "Compressed": compressed})
    file.write_var(
        {"Variable": "Pose", "Data_Type": 44, "Num_Elements": 1, "Rec_Vary": True, "Dim_Sizes": list(pose.shape)},
        var_data=pose[None],
    )
    file.close()


def write_cdfs(folder: Path, motion) -> None:
    for subject, takes in motion.items():
        for stem, pose in takes.items():
            write_cdf(folder / subject / "MyPoseFeatures" / "D3_Positions" / f"{stem}.cdf", pose)


def write_archives(folder: Path, motion) -> None:
    for subject, takes in motion.items():
        write_cdfs(folder / "unpacked", {subject: takes})
        path = folder / f"Poses_D3_Positions_{subject}.tgz"
        with gzip.GzipFile(path, "wb", mtime=0) as file, tarfile.open(fileobj=file, mode="w") as archive:
            archive.add(
                folder / "unpacked" / subject, subject, filter=lambda member: member.replace(mtime=0, deep=False)
            )
        for path in sorted((folder / "unpacked" / subject).rglob("*.cdf")):
            path.unlink()


def write_mats(folder: Path, motion) -> None:
    """Files as MATLAB's `save` writes them: a cell that contains the array."""
    for path, pose in _mat_paths(folder, motion):
        cell = np.empty((1, 1), object)
        cell[0, 0] = pose.astype(np.float64)
        savemat(path, {"data": cell})


def write_hdf5_mats(folder: Path, motion) -> None:
    """Files as MATLAB's `save -v7.3` writes them: HDF5 after a header, axes reversed, a cell of references."""
    header = b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM"
    for path, pose in _mat_paths(folder, motion):
        with h5py.File(path, "w", userblock_size=512) as file:
            content = file.create_dataset("#refs#/b", data=pose[None].astype(np.float64).T)
            file.create_dataset("data", data=np.array([[content.ref]], h5py.ref_dtype))
        with path.open("r+b") as file:
            file.write(header)


def _mat_paths(folder: Path, motion):
    for subject, takes in motion.items():
        for stem, pose in takes.items():
            path = folder / "pose" / subject / "MyPoseFeatures" / "D3_Positions" / f"{stem}.cdf.mat"
            path.parent.mkdir(parents=True, exist_ok=True)
            yield path, pose


WRITERS = {
    "npz": write_npz,
    "cdf": write_cdfs,
    "tgz": write_archives,
    "mat": write_mats,
    "mat of HDF5": write_hdf5_mats,
}

"""Readers of the file formats of Human3.6M's 3D positions, all with the same result.

Files hold x y z of 32 joints, world frame, z up: in metres in VideoPose3D's .npz, in millimetres in the others. The
libraries that read .cdf and HDF5 are optional and imported where they are used.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from scipy.io import loadmat

from jointaware.errors import InputError
from jointaware.mocap.foreign import refusing
from jointaware.mocap.plain_pickle import load_npz

Files = Mapping[str, Sequence[Path]]
"""The files of each subject."""


class Recording(NamedTuple):
    """A take not yet read: its name in the file, its location for messages, and a function that reads it.

    read: returns (frames, 32, 3) metres.
    """

    name: str
    where: str
    read: Callable[[], np.ndarray]


def read_npz(files: Files, subjects: Sequence[str]) -> Iterator[tuple[str, list[Recording]]]:
    """Recordings of each subject in VideoPose3D's data_3d_h36m.npz; each array is released once it is read."""
    path = next(iter(files.values()))[0]
    members = load_npz(path)
    with refusing(path, "member positions_3d with takes by subject and name"):
        people = {subject: dict(takes) for subject, takes in members.pop("positions_3d").items()}
    if absent := [subject for subject in subjects if subject not in people]:
        raise InputError(f"{path}: found the subjects {', '.join(people)}, expected {absent[0]}")
    for subject in subjects:
        takes = people.pop(subject)
        yield subject, [Recording(name, f"{path}: {subject}/{name}", partial(takes.pop, name)) for name in takes]


def read_cdf_files(files: Files, subjects: Sequence[str]) -> Iterator[tuple[str, list[Recording]]]:
    """Recordings of each subject in loose .cdf files."""
    for subject in subjects:
        yield subject, [Recording(path.stem, str(path), partial(_cdf, path)) for path in files[subject]]


def read_mat_files(files: Files, subjects: Sequence[str]) -> Iterator[tuple[str, list[Recording]]]:
    """Recordings of each subject in .cdf.mat files."""
    for subject in subjects:
        names = {path: path.name.removesuffix(".cdf.mat") for path in files[subject]}
        yield subject, [Recording(name, str(path), partial(_mat, path)) for path, name in names.items()]


def read_archives(files: Files, subjects: Sequence[str]) -> Iterator[tuple[str, list[Recording]]]:
    """Recordings of each subject in Poses_D3_Positions_S*.tgz, held in memory one subject at a time."""
    for subject in subjects:
        recordings = []
        for archive in files[subject]:
            with refusing(archive, f".cdf files of {subject} in a .tgz archive"):
                recordings += [
                    Recording(path.stem, f"{archive}: {path}", partial(_cdf_in_memory, content))
                    for path, content in _cdf_members(archive, subject)
                ]
        yield subject, recordings


Reader = Callable[[Files, Sequence[str]], Iterator[tuple[str, list[Recording]]]]

READERS: dict[str, Reader] = {"npz": read_npz, "cdf": read_cdf_files, "tgz": read_archives, "mat": read_mat_files}


def _cdf(path: Path) -> np.ndarray:
    from cdflib import CDF

    return _metres(CDF(path)["Pose"])


def _cdf_in_memory(content: bytes) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:  # cdflib reads only from files
        path = Path(folder, "take.cdf")
        path.write_bytes(content)
        return _cdf(path)


def _cdf_members(archive: Path, subject: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    with tarfile.open(archive) as members:
        for member in members:
            path = PurePosixPath(member.name)
            of_subject = subject in path.parts and path.parent.name == "D3_Positions"
            if of_subject and path.suffix == ".cdf" and not path.name.startswith(".") and member.isfile():
                content = members.extractfile(member)
                assert content is not None  # the member is a file
                yield path, content.read()


def _mat(path: Path) -> np.ndarray:
    """Positions from MATLAB's `data = cdfread(...); save(..., 'data')`: the variable is a cell that holds the array."""
    try:
        return _metres(loadmat(path, variable_names=["data"])["data"][0, 0])
    except NotImplementedError:  # version 7.3 is HDF5: a cell holds references, and the axes are reversed
        import h5py

        with h5py.File(path) as file:
            return _metres(file[file["data"][0, 0]][()].T)


def _metres(millimetres: np.ndarray) -> np.ndarray:
    """Reshape (1, frames, 96) or (frames, 96) millimetres to (frames, 32, 3) metres."""
    if millimetres.shape[-1] != 96:
        raise ValueError(f"shape {millimetres.shape}")
    return millimetres.reshape(-1, 32, 3) / 1000

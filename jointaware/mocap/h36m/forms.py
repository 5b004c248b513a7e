"""Readers of the file formats of Human3.6M's 3D positions, all with the same result.

Files hold x y z of 32 joints, world frame, z up: in metres in VideoPose3D's .npz, in millimetres in the others. The
library that reads .cdf is optional and imported where it is used.
"""

from __future__ import annotations

import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import check_content, check_kind, listed, reading, refusing
from jointaware.mocap.h36m.folders import take_of_file
from jointaware.mocap.h36m.matlab import is_hdf5, read_variable
from jointaware.mocap.plain_pickle import load_npz

EXPECTED = "3D positions of 32 joints"

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
    people = by_subject(path, "positions_3d", load_npz(path), subjects)
    for subject in subjects:
        takes = people.pop(subject)
        yield (
            subject,
            [Recording(name, f"{path}: {subject}/{name:.40}", partial(_joints, takes, name)) for name in takes],
        )


def by_subject(path: Path, member: str, members: dict[str, Any], subjects: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Takes by subject and name in a member of an .npz; InputError unless it has these subjects, as S1 or s1."""
    people: dict[str, dict[str, Any]] = {}
    with refusing(path, f"member {member} with takes by subject and name"):
        for key, takes in members.pop(member).items():
            subject = _text(key).upper()
            if subject in people:
                raise ValueError(f"{subject} twice")
            people[subject] = {_text(name): take for name, take in takes.items()} if subject in subjects else {}
    if absent := [subject for subject in subjects if subject not in people]:
        raise InputError(f"{path}: found the subjects {listed(people)}, expected {absent[0]}")
    return people


def read_files(
    read: Callable[[Path], np.ndarray], files: Files, subjects: Sequence[str]
) -> Iterator[tuple[str, list[Recording]]]:
    """Recordings of each subject in files of one take each."""
    for subject in subjects:
        yield subject, [Recording(take_of_file(path), str(path), partial(read, path)) for path in files[subject]]


def read_archives(files: Files, subjects: Sequence[str]) -> Iterator[tuple[str, list[Recording]]]:
    """Recordings of each subject in Poses_D3_Positions_S*.tgz, held in memory one subject at a time."""
    for subject in subjects:
        recordings = []
        for archive in files[subject]:
            with reading(archive, f".cdf files of {subject} in a .tgz archive"):
                recordings += [
                    Recording(path.stem, f"{archive}: {path}", partial(_cdf_in_memory, content, f"{archive}: {path}"))
                    for path, content in _cdf_members(archive, subject)
                ]
        yield subject, recordings


def _joints(takes: dict[str, Any], name: str) -> np.ndarray:
    take = takes.pop(name)
    return take["positions"] if isinstance(take, dict) else take  # VideoPose3D adds the cameras in memory


def _text(key: object) -> str:
    return key.decode("latin1") if isinstance(key, bytes) else str(key)


def _cdf(path: Path, where: str | None = None) -> np.ndarray:
    from cdflib import CDF

    with reading(path, EXPECTED, where=where):
        return metres(CDF(path)["Pose"])


def _cdf_in_memory(content: bytes, where: str) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:  # cdflib reads only from files
        path = Path(folder, "take.cdf")
        path.write_bytes(content)
        return _cdf(path, where)


def _cdf_members(archive: Path, subject: str) -> Iterator[tuple[PurePosixPath, bytes]]:
    size = 0
    with tarfile.open(archive) as members:
        for member in members:
            check_content(size := size + member.size, archive)
            path = PurePosixPath(member.name)
            of_subject = subject in path.parts and path.parent.name == "D3_Positions"
            if of_subject and path.suffix == ".cdf" and not path.name.startswith(".") and member.isfile():
                content = members.extractfile(member)
                assert content is not None  # the member is a file
                yield path, content.read()


def _variable(path: Path) -> np.ndarray:
    check_kind(path, EXPECTED)
    with refusing(path, EXPECTED):
        if is_hdf5(path):
            import h5py  # noqa: F401, here, because its time does not count as the file's
    with reading(path, EXPECTED):
        return metres(read_variable(path))


def metres(millimetres: np.ndarray) -> np.ndarray:
    """Reshape (1, frames, 96), (frames, 96) or (frames, 32, 3) millimetres to (frames, 32, 3) metres."""
    shape = millimetres.shape
    if millimetres.dtype.kind not in "fiu" or not (shape[-1:] == (96,) or shape[1:] == (32, 3)):
        raise ValueError(f"{millimetres.dtype} of shape {shape}")
    return millimetres.reshape(-1, 32, 3) / 1000


Reader = Callable[[Files, Sequence[str]], Iterator[tuple[str, list[Recording]]]]

READERS: dict[str, Reader] = {
    "npz": read_npz,
    "cdf": partial(read_files, _cdf),
    "tgz": read_archives,
    "mat": partial(read_files, _variable),
    "h5": partial(read_files, _variable),
}

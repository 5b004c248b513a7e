"""Hostile archives of Human3.6M: tar files with links and devices, HDF5 and MATLAB files with huge or outer data."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy.io import savemat

from bench.faults.hostile.arrays import BLOCK, GIBIBYTE
from bench.faults.hostile.texts import Write

OUTSIDE = "/tmp/faults-canary"
"""Where an archive that leaves its folder would put a file."""


def _archive(fill: Callable[[tarfile.TarFile], None], path: Path) -> None:
    with tarfile.open(path, "w:gz") as archive:
        fill(archive)


def _member(archive: tarfile.TarFile, name: str, **facts: Any) -> None:
    info = tarfile.TarInfo(name)
    for key, value in facts.items():
        setattr(info, key, value)
    archive.addfile(info, io.BytesIO(bytes(info.size)) if info.isreg() else None)


def _many_members(archive: tarfile.TarFile) -> None:
    for number in range(10_000):
        _member(archive, f"S9/D3_Positions/{number}.cdf")


def _gzip_bomb(head: bytes, path: Path) -> None:
    """1.5 GiB of zeros after some bytes, from 1.5 MB: gzip reads members that follow each other as one."""
    member = gzip.compress(bytes(BLOCK), compresslevel=9)
    path.write_bytes(gzip.compress(head) + member * (3 * GIBIBYTE // (2 * BLOCK)))


def _large_member() -> bytes:
    info = tarfile.TarInfo(INSIDE)
    info.size = 3 * GIBIBYTE // 2
    return info.tobuf()


INSIDE = "S9/MyPoseFeatures/D3_Positions/Walking.cdf"
ARCHIVES: dict[str, Write] = {
    words: partial(_archive, fill)
    for words, fill in {
        "a link to a device": lambda archive: _member(archive, INSIDE, type=tarfile.SYMTYPE, linkname="/dev/zero"),
        "a link to itself": lambda archive: _member(archive, INSIDE, type=tarfile.SYMTYPE, linkname=INSIDE),
        "a hard link to nothing": lambda archive: _member(archive, INSIDE, type=tarfile.LNKTYPE, linkname="nothing"),
        "a device": lambda archive: _member(archive, INSIDE, type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        "a pipe": lambda archive: _member(archive, INSIDE, type=tarfile.FIFOTYPE),
        "an absolute path": lambda archive: _member(archive, OUTSIDE, size=3),
        "a path that leaves": lambda archive: _member(archive, f"S9/D3_Positions/../../../../../..{OUTSIDE}", size=3),
        "a sparse member": lambda archive: _member(archive, INSIDE, type=tarfile.GNUTYPE_SPARSE),
        "a member of zeros": lambda archive: _member(archive, INSIDE, size=1000),
        "no members": lambda archive: None,
        "10,000 members": _many_members,
    }.items()
} | {
    "a member of 1.5 GiB": lambda path: _gzip_bomb(_large_member(), path),
    "a bomb that is no archive": partial(_gzip_bomb, b""),
}


def _hdf5(fill: Callable[[h5py.File], None], path: Path) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        fill(file)
    with path.open("r+b") as written:
        written.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")


def _referring(make: Callable[[h5py.File], Any]) -> Callable[[h5py.File], None]:
    def fill(file: h5py.File) -> None:
        file.create_dataset("data", data=np.array([[make(file).ref]], h5py.ref_dtype))

    return fill


def _huge(*shape: int, **facts: Any) -> Callable[[h5py.File], Any]:
    return lambda file: file.create_dataset("#refs#/b", shape, "f8", **facts)


def _mat5(dimensions: tuple[int, ...], path: Path) -> None:
    """A version 5 file whose matrix claims other dimensions than it has."""
    savemat(path, {"data": np.zeros((2, 96))})
    content = path.read_bytes()
    path.write_bytes(content.replace(struct.pack("<ii", 2, 96), struct.pack("<ii", *dimensions), 1))


MATS: dict[str, Write] = {
    **{
        f"HDF5 with {words}": partial(_hdf5, fill)
        for words, fill in {
            "a data set of 6 TiB": _referring(_huge(96, 2**33, 1, chunks=(96, 1024, 1))),
            "a data set of 4 GiB, of fill values": _referring(_huge(96, 2**22, 1, chunks=(96, 1024, 1), fillvalue=1.0)),
            "a compressed data set of 4 GiB": _referring(
                _huge(96, 2**22, 1, chunks=(96, 2**12, 1), compression="gzip")
            ),
            "an external file": lambda file: file.create_dataset(
                "data", (96, 9), "f8", external=[("/dev/zero", 0, 8000)]
            ),
            "an external link": lambda file: file.__setitem__("data", h5py.ExternalLink("/etc/passwd", "/data")),
            "a link to itself": lambda file: file.__setitem__("data", h5py.SoftLink("/data")),
            "a group": lambda file: file.create_group("data"),
            "an empty reference": lambda file: file.create_dataset("data", (1, 1), h5py.ref_dtype),
            "a reference to itself": lambda file: _refer_to_itself(file),
            "texts": lambda file: file.create_dataset(
                "data", data=np.array([["text"]], object), dtype=h5py.string_dtype()
            ),
            "nothing": lambda file: None,
        }.items()
    },
    "a matrix of 2**31 rows": partial(_mat5, (2**31 - 1, 96)),
    "a matrix of negative rows": partial(_mat5, (-1, 96)),
    "no matrix": lambda path: savemat(path, {"other": np.zeros(3)}),
}


def _refer_to_itself(file: h5py.File) -> None:
    data = file.create_dataset("data", (1, 1), h5py.ref_dtype)
    data[0, 0] = data.ref

"""Hostile arrays: files of a few kilobytes whose headers declare more than they hold, or frame rates that are none."""

from __future__ import annotations

import json
import struct
import zipfile
import zlib
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from bench.faults.hostile.pickles import PICKLES, RUN
from bench.faults.hostile.texts import CANARY, DEEP, Write, write

GIBIBYTE, BLOCK = 2**30, 2**26
MEMBERS = ("joints", "fps", "positions_3d", "positions_2d", "metadata")


def _npy(shape: tuple[int, ...], descr: str, content: bytes = b"", *, fortran: bool = False) -> bytes:
    """An array file whose header says whatever it likes."""
    header = f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {shape!r}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + content


def _pickled(content: bytes) -> bytes:
    return _npy((), "|O", content)


def _zip(content: bytes, path: Path) -> None:
    """The same content as each member that any reader may look for first."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in MEMBERS:
            archive.writestr(f"{name}.npy", content)


@cache
def _zeros() -> tuple[bytes, int]:
    """64 MiB of zeros as a block of deflate that can be repeated, and how often makes 1.5 GiB."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    compressor.flush(zlib.Z_FULL_FLUSH)
    return compressor.compress(bytes(BLOCK)) + compressor.flush(zlib.Z_FULL_FLUSH), 3 * GIBIBYTE // (2 * BLOCK)


def _zip_bomb(path: Path) -> None:
    """1.5 GiB of zeros under every name that a reader may look for, each from 1.5 MB."""
    head, (block, times) = _npy((3 * GIBIBYTE // (2 * 204), 17, 3), "<f4"), _zeros()
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    start = compressor.compress(head) + compressor.flush(zlib.Z_FULL_FLUSH)
    with zipfile.ZipFile(path, "w") as archive:
        for name in MEMBERS:
            archive.writestr(f"{name}.npy", start + block * times + compressor.copy().flush())
            info = archive.getinfo(f"{name}.npy")
            info.compress_type, info.file_size, info.CRC = zipfile.ZIP_DEFLATED, len(head) + BLOCK * times, 0


def _lying_zip(path: Path) -> None:
    """A member whose size in the directory is not that of its content."""
    _zip(_npy((4, 17, 3), "<f4", bytes(816)), path)
    content = path.read_bytes()
    at = content.rindex(b"PK\x01\x02")
    path.write_bytes(content[: at + 24] + struct.pack("<I", 2**31) + content[at + 28 :])


NPZ: dict[str, Write] = {
    **{
        f"an array {words}": partial(_zip, content)
        for words, content in {
            "of 2**40 frames": _npy((2**40, 17, 3), "<f4"),
            "of 2**62 frames": _npy((2**62, 17, 3), "<f4"),
            "of negative frames": _npy((-1, 17, 3), "<f4"),
            "of 2**40 frames of nothing": _npy((2**40, 0, 3), "<f4"),
            "of 1 GiB that is not there": _npy((GIBIBYTE // 204, 17, 3), "<f4", bytes(100)),
            "of 2**20 axes": _npy((1,) * 2**12, "<f4", bytes(4)),
            "of a huge text type": _npy((1,), "<U500000000"),
            "of a type of 2 GiB": _npy((), "|V2147483647"),
            "of objects": _npy((4, 17, 3), "|O"),
            "of a structured type": _npy((4,), [("a", "<f8")], bytes(32)),  # type: ignore[arg-type]
            "with a header of Python": b"\x93NUMPY\x01\x00\x40\x00"
            + b"__import__('os').system('touch canary')".ljust(64),
            "with a header of 100,000 brackets": b"\x93NUMPY\x02\x00" + struct.pack("<I", DEEP) + b"[" * DEEP,
            "with a header of 4 GiB": b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{",
            "of version 9": b"\x93NUMPY\x09\x00\x00\x00",
        }.items()
    },
    **{f"a pickle: {words}": partial(_zip, _pickled(content)) for words, content in PICKLES.items()},
    "a zip bomb": _zip_bomb,
    "a zip that lies": _lying_zip,
    "no members": lambda path: zipfile.ZipFile(path, "w").close(),
    "a bare pickle": partial(write, RUN),
}


def _safetensors(header: bytes, path: Path, *, size: int | None = None, content: bytes = b"") -> None:
    path.write_bytes(struct.pack("<Q", len(header) if size is None else size) + header + content)


def _tensor(shape: list[int], offsets: list[int], dtype: str = "F32", **more: Any) -> bytes:
    entry = {"dtype": dtype, "shape": shape, "data_offsets": offsets}
    return json.dumps(dict.fromkeys(("joints", "keypoints", "root", "shrink.weight"), entry) | more).encode()


def _architecture(**changes: Any) -> bytes:
    """A network whose header asks for another architecture than its weights."""
    architecture = {"name": "temporal_convolutional", "filter_widths": [3, 3], "channels": 4} | changes
    return json.dumps({"__metadata__": {"architecture": json.dumps(architecture), "origin": "[" * 9000}}).encode()


SAFETENSORS: dict[str, Write] = {
    "a header of 2**60 bytes": partial(_safetensors, b"{}", size=2**60),
    "a header of 90 MB": partial(_safetensors, b"{}", size=90_000_000),
    "a header of brackets": partial(_safetensors, b"[" * DEEP),
    "a header of mappings": partial(_safetensors, b'{"a":' * DEEP),
    "a header of null": partial(_safetensors, b"null"),
    "an empty header": partial(_safetensors, b"{}"),
    "an array of 2**60": partial(_safetensors, _tensor([2**60, 17, 3], [0, 204]), content=bytes(204)),
    "an array that overflows": partial(_safetensors, _tensor([2**63, 2, 17, 3], [0, 204]), content=bytes(204)),
    "negative sizes": partial(_safetensors, _tensor([-1, 17, 3], [0, 204]), content=bytes(204)),
    "offsets beyond the end": partial(_safetensors, _tensor([1, 17, 3], [0, 2**40]), content=bytes(204)),
    "an unknown type": partial(_safetensors, _tensor([1, 17, 3], [0, 204], "Q7"), content=bytes(204)),
    "8-bit numbers": partial(_safetensors, _tensor([204], [0, 204], "F8_E4M3"), content=bytes(204)),
    "channels of a million": partial(_safetensors, _architecture(channels=10**6)),
    "channels below zero": partial(_safetensors, _architecture(channels=-1)),
    "channels as text": partial(_safetensors, _architecture(channels="4")),
    "filter widths of a million": partial(_safetensors, _architecture(filter_widths=[10**6 + 1] * 3)),
    "10,000 layers": partial(_safetensors, _architecture(filter_widths=[3] * 10_000)),
    "an unknown network": partial(_safetensors, _architecture(name="os:system")),
    "an unknown argument": partial(_safetensors, _architecture(command=f"touch {CANARY}")),
    "metadata that are no mapping": partial(_safetensors, b'{"__metadata__": {"architecture": "[]", "origin": "[]"}}'),
}


def _rated(fps: Any, path: Path) -> None:
    with np.load(path.with_name("Eating.npz")) as file:
        np.savez(path, joints=file["joints"], fps=fps)


RATES: dict[str, Write] = {
    f"{np.array(fps).ravel()[0]} frames/s{' as an array of many' * (np.size(fps) > 1)}": partial(_rated, fps)
    for fps in (0.0, -50.0, 1e-300, 1e-3, 0.01, 1001.0, 1e6, 1e300, np.inf, np.nan, 1 + 1j, "50", True, [50, 50], b"50")
}

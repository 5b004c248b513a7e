"""Tensors of a file that `torch.save` wrote, read without executing anything in it.

Since PyTorch 1.6 such a file is a zip archive, before that a sequence of pickles and raw numbers. `torch.load` is not
used: it does not compare the checksums of an archive, refuses objects of classes that it does not know even where
they are not needed, and takes as much memory as a file declares.
"""

from __future__ import annotations

import io
import math
import mmap
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from jointaware.errors import InputError
from jointaware.training.described import Object, read_description

COMPRESSION = 16
"""The weights of a file are at most this many times its size; weights of a network can hardly be compressed."""
MAX_AXES = 8
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
    "ComplexFloatStorage": torch.complex64,
    "ComplexDoubleStorage": torch.complex128,
}


@dataclass(frozen=True)
class Stored:
    """A tensor in a file: a view of one of its storages. offset, strides: counted in elements."""

    storage: str
    dtype: torch.dtype
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes that the tensor takes."""
        return math.prod(self.shape) * self.dtype.itemsize

    def within(self, storage: bytearray) -> Tensor:
        """The tensor as a view of its storage; ValueError if it does not lie within."""
        numbers = torch.frombuffer(storage, dtype=self.dtype)
        last = self.offset + sum((n - 1) * stride for n, stride in zip(self.shape, self.strides, strict=True))
        if min([self.offset, *self.shape, *self.strides]) < 0 or last >= len(numbers):
            raise ValueError(f"a tensor of shape {self.shape} exceeds its storage of {len(numbers)} numbers")
        return numbers.as_strided(self.shape, self.strides, self.offset)


@dataclass(frozen=True)
class TorchFile:
    """An open file of `torch.save`. content: what was saved. sizes: bytes of each storage. read: a storage's bytes."""

    path: Path
    content: Any
    sizes: Mapping[str, int]
    read: Callable[[str], bytes]

    def tensors(self, stored: Mapping[str, Stored]) -> dict[str, Tensor]:
        """Read these tensors; InputError if they declare more than the file can hold."""
        size, storages = self.path.stat().st_size, {each.storage for each in stored.values()}
        declared = max(sum(each.size for each in stored.values()), sum(self.sizes[key] for key in storages))
        if declared > COMPRESSION * size:
            raise InputError(f"{self.path}: found {size:,} bytes that declare {declared:,} bytes of weights")
        content = {key: bytearray(self.read(key)) for key in storages}
        return {name: each.within(content[each.storage]) for name, each in stored.items()}


@contextmanager
def open_torch_file(path: Path) -> Iterator[TorchFile]:
    """Open a file of `torch.save`; damage raises almost any exception."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if content[:4] != b"PK\x03\x04":
            yield _legacy(path, content)
            return
        with zipfile.ZipFile(file) as archive:
            yield _archive(path, archive)


def stored_tensor(value: Any) -> Stored | None:
    """Where the numbers of a tensor or parameter are stored; None for any other object."""
    if not isinstance(value, Object):
        return None
    match value.call, value.arguments:
        case (
            "torch._utils._rebuild_tensor_v2" | "torch._utils._rebuild_tensor",
            (Object("persistent") as storage, int(offset), shape, strides, *_),
        ):
            key, dtype, start = _storage(storage)
            return Stored(key, dtype, start + offset, _integers(shape), _integers(strides))
        case "torch._utils._rebuild_parameter" | "torch._utils._rebuild_parameter_with_state", (tensor, *_):
            return stored_tensor(tensor)
        case "torch._tensor._rebuild_from_type_v2", (call, _, arguments, *_):
            return stored_tensor(Object(call, arguments))
        case _:
            return None


def _archive(path: Path, archive: zipfile.ZipFile) -> TorchFile:
    """The archive `torch.save` writes: pickle and storages as members, each with a checksum that `zipfile` compares."""
    members = {name.partition("/")[2]: member for name, member in archive.NameToInfo.items()}
    if all(member.CRC == 0 for member in members.values()):  # torch.serialization.set_crc32_options(False)
        for member in members.values():
            del member.CRC
    if "byteorder" in members and archive.read(members["byteorder"]) != b"little":
        raise InputError(f"{path}: saved on a big-endian machine, expected a little-endian one")
    pickled = members["data.pkl"]
    if pickled.file_size > path.stat().st_size:
        raise ValueError(f"data.pkl declares {pickled.file_size:,} bytes")
    content, _ = read_description(io.BytesIO(archive.read(pickled)))
    sizes = {name.removeprefix("data/"): member.file_size for name, member in members.items()}
    return TorchFile(path, content, sizes, lambda key: archive.read(members[f"data/{key}"]))


def _legacy(path: Path, content: mmap.mmap) -> TorchFile:
    """The format before PyTorch 1.6, which has no checksums: five pickles, then the storages with their lengths."""
    if read_description(content)[0] != LEGACY_MAGIC:
        raise ValueError("neither a zip archive nor PyTorch's older format")
    _version, (system, _) = read_description(content), read_description(content)
    if not system.items["little_endian"]:
        raise InputError(f"{path}: saved on a big-endian machine, expected a little-endian one")
    saved, persistent = read_description(content)
    storages = [each for each in persistent if each.arguments[:1] == ("storage",)]  # others are classes of modules
    dtypes = {key: dtype for key, dtype, _ in map(_storage, storages)}
    starts, sizes = {}, {}
    for key in read_description(content)[0]:
        (count,) = struct.unpack("<q", content.read(8))
        starts[key], sizes[key] = content.tell(), count * dtypes[key].itemsize
        content.seek(sizes[key], io.SEEK_CUR)
    return TorchFile(path, saved, sizes, lambda key: content[starts[key] : starts[key] + sizes[key]])


def _storage(persistent: Object) -> tuple[str, torch.dtype, int]:
    """Key, type and first element of a storage, which the older format may give as part of another."""
    match persistent.arguments:
        case "storage", str(kind), str(key), _, _, *view:
            start = view[0][1] if view and view[0] else 0
            return key, DTYPES[kind.rpartition(".")[2]], start
    raise ValueError("a storage without type and key")


def _integers(values: Any) -> tuple[int, ...]:
    """A shape or strides; ValueError for anything else."""
    if not isinstance(values, tuple) or len(values) > MAX_AXES or not all(type(value) is int for value in values):
        raise ValueError("a tensor without a shape")
    return values

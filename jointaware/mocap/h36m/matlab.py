"""The one array in a file of MATLAB's or HDF5: what `save`, `save -v7.3`, SciPy and h5py write, a cell of one included.

Version 5 is read here, because SciPy's reader trusts types and nesting in the file and crashes on forged ones:
https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.foreign import CONTENT, CONTENT_PER_BYTE, check_content

PREFERRED = "data"
"""The variable that VideoPose3D's conversion writes; it is read where a file has others as well."""

_HDF5 = b"\x89HDF\r\n\x1a\n"
_HEADER = 128

_MATRIX, _COMPRESSED = 14, 15
_CELL, _NUMBERS = 1, range(6, 16)
_COMPLEX = 8
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}


def read_variable(path: Path) -> np.ndarray:
    """Read the array of numbers that is the file's only one, or is called `data`; it may lie in a cell of one.

    Axes are MATLAB's, which HDF5 reverses. To be called within `jointaware.foreign.reading`.
    """
    if is_hdf5(path):
        return _read_hdf5(path)
    variables = dict(_variables(path.read_bytes(), path))
    return variables[_choose(list(variables))]


def is_hdf5(path: Path) -> bool:
    """Whether a file is HDF5, at once or after the header of MATLAB's version 7.3."""
    with path.open("rb") as file:
        head = file.read(512 + len(_HDF5))
    return head.startswith(_HDF5) or head.endswith(_HDF5)


def _choose(names: Sequence[str]) -> str:
    if PREFERRED in names:
        return PREFERRED
    if len(names) != 1:
        raise ValueError(f"{len(names)} variables of numbers, and none is {PREFERRED!r}")
    return names[0]


def _read_hdf5(path: Path) -> np.ndarray:
    import h5py

    with h5py.File(path) as file:
        links = {name: file.get(name, getlink=True) for name in file if not name.startswith("#")}
        inside = [name for name, link in links.items() if isinstance(link, h5py.HardLink)]
        datasets = {name: _resolve(file, file[name]) for name in inside if isinstance(file[name], h5py.Dataset)}
        numbers = {name: dataset for name, dataset in datasets.items() if dataset.dtype.kind in "fiu"}
        dataset = numbers[_choose(list(numbers))]
        if dataset.is_virtual or dataset.external:
            raise ValueError("values in other files")
        check_content(dataset.size * dataset.dtype.itemsize, path)
        return dataset[()].T


def _resolve(file: Any, dataset: Any) -> Any:
    """The dataset itself, or the one that it refers to as a cell of one."""
    import h5py

    is_cell = h5py.check_ref_dtype(dataset.dtype) is h5py.Reference and dataset.size == 1
    return file[dataset[()].item()] if is_cell else dataset


def _variables(content: bytes, path: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Names and values of the variables of numbers in the content of a file of version 5."""
    order = "<" if content[126:128] == b"IM" else ">"
    at = _HEADER
    while at < len(content):
        kind, element, at = _element(content, at, order, is_padded=False)
        if kind == _COMPRESSED:
            inflating = zlib.decompressobj()
            inflated = inflating.decompress(element, CONTENT + CONTENT_PER_BYTE * len(content) + 1)
            check_content(len(inflated), path)
            if not inflating.eof:
                raise EOFError("truncated")
            kind, element, _ = _element(inflated, 0, order)
        if kind != _MATRIX:
            raise ValueError("no variables of MATLAB's version 5 or 7.3")
        name, values = _matrix(element, order)
        if values is not None:
            yield name, values


def _matrix(content: bytes, order: str, *, is_in_cell: bool = False) -> tuple[str, np.ndarray | None]:
    """Name and values of a variable; None unless these are real numbers, or a cell that holds such."""
    _, flags, at = _element(content, 0, order)
    kind, flag = flags[:2] if order == "<" else flags[3:1:-1]
    if flag & _COMPLEX or (kind not in _NUMBERS and (kind != _CELL or is_in_cell)):
        return "", None
    _, axes, at = _element(content, at, order)
    _, name, at = _element(content, at, order)
    shape = struct.unpack(f"{order}{len(axes) // 4}i", axes)
    if kind == _CELL:
        is_single = math.prod(shape) == 1
        values = _matrix(_element(content, at, order)[1], order, is_in_cell=True)[1] if is_single else None
    else:
        stored, numbers, _ = _element(content, at, order)
        values = np.frombuffer(numbers, order + _TYPES[stored]).reshape(shape, order="F")
    return name.decode("latin1"), values


def _element(data: bytes, at: int, order: str, *, is_padded: bool = True) -> tuple[int, bytes, int]:
    """Type and content of the element at a position, and the position of the next."""
    kind, size = struct.unpack_from(f"{order}II", data, at)
    start, end = at + 8, at + 8 + size
    if kind >> 16:  # up to 4 bytes lie within the tag
        kind, size = kind & 0xFFFF, kind >> 16
        start, end = at + 4, at + 4 + size
    if end > len(data) or (start == at + 4 and size > 4):
        raise EOFError("truncated")
    return kind, data[start:end], max(end, at + 8) + (-size % 8 if is_padded and start == at + 8 else 0)

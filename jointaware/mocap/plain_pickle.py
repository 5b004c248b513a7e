"""Read .npz files whose members may be pickles, without executing anything in them.

Accepted are numpy arrays, dtypes and scalars, dictionaries, lists, tuples, strings and numbers; anything else is
refused by name. Arrays are rebuilt here from their parts instead of unpickled by numpy, because a forged pickle can
give a dtype false flags, so that numpy treats bytes as pointers. Most arrays share the file's bytes and are read-only.
"""

from __future__ import annotations

import pickle
import re
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from jointaware.mocap.foreign import refusing


def load_npz(path: str | Path) -> dict[str, Any]:
    """Read the members of an .npz by name: arrays, or for a pickled 0-d object array the object itself."""
    members = {}
    with (
        refusing(path, "an .npz file of arrays, dictionaries, lists, strings and numbers"),
        zipfile.ZipFile(path) as archive,
    ):
        for name in archive.namelist():
            with archive.open(name) as member:
                members[name.removesuffix(".npy")] = _read_member(member)
    return members


def _read_member(member: IO[bytes]) -> Any:
    version = np.lib.format.read_magic(member)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(member)
    if not dtype.hasobject:
        return np.ndarray(shape, dtype, member.read(), order="F" if fortran else "C")
    value = _plain(_Unpickler(member, encoding="latin1").load())
    return value.item() if isinstance(value, np.ndarray) and value.shape == () else value


class _Dtype:
    """Stands in for numpy.dtype: plain numbers, strings or objects, never structured."""

    def __init__(self, code: str, *_: object):
        if not re.fullmatch(r"[biufcSUO]\d+", code):
            raise pickle.UnpicklingError(f"found dtype {code!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands in for numpy.ndarray, which pickles up to protocol 4 create empty and fill afterwards."""

    value: np.ndarray

    def __init__(self, *_: object):
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, dtype, fortran, content = state
        self.value = _array(content, dtype, shape, "F" if fortran else "C")


class _Buffer(_Array):
    """Stands in for the function that creates a numpy.ndarray in pickles of protocol 5."""

    def __init__(self, content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str):
        self.value = _array(content, dtype, shape, order)


class _Scalar(_Array):
    """Stands in for the function that creates a numpy scalar."""

    def __init__(self, dtype: _Dtype, content: bytes):
        self.value = _array(content, dtype, (), "C")[()]


class _Bytes:
    """Stands in for the functions that create bytes in pickles of protocol 2."""

    def __new__(cls, text: str = "", _encoding: str = "latin1") -> bytes:  # type: ignore[misc]
        return text.encode("latin1")


def _array(content: Any, dtype: _Dtype, shape: tuple[int, ...], order: Any) -> np.ndarray:
    if dtype.dtype.hasobject:
        return np.fromiter((_plain(item) for item in content), object, len(content)).reshape(shape)
    if isinstance(content, str):  # bytes from Python 2
        content = content.encode("latin1")
    return np.ndarray(shape, dtype.dtype, content, order=order)


_ACCEPTED = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _Dtype,
    "_codecs.encode": _Bytes,
    "__builtin__.bytes": _Bytes,
    **{
        f"numpy.{core}.{name}": stand_in
        for core in ("core", "_core")  # numpy 1 and numpy 2
        for name, stand_in in {
            "multiarray._reconstruct": _Array,
            "multiarray.scalar": _Scalar,
            "numeric._frombuffer": _Buffer,
        }.items()
    },
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        dotted = f"{module}.{name}"
        if dotted not in _ACCEPTED:
            raise pickle.UnpicklingError(f"found {dotted}")
        return _ACCEPTED[dotted]


def _plain(value: Any) -> Any:
    """Replace every stand-in within a value by the object it stands in for."""
    match value:
        case _Array():
            return value.value
        case _Dtype():
            return value.dtype
        case dict():
            return {_plain(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return type(value)(_plain(item) for item in value)
        case None | str() | int() | float():
            return value
        case _:
            raise pickle.UnpicklingError(f"found a {type(value).__name__}")

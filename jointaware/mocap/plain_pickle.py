"""The .npz files of the field, whose members may be pickles, read without executing anything in them.

Admitted are numpy arrays, dtypes and scalars, dictionaries, lists, tuples, strings and numbers; all else is refused by
its name. Nor does numpy unpickle: a pickle may give a dtype false flags, and its bytes then pass for pointers. Arrays
are rebuilt here from their parts; most share the file's bytes and are read-only.
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
    """Members of an .npz by name: arrays, or for a pickled object (an object array without axes) the object itself."""
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
    """Stands for a numpy.dtype: one of plain numbers, strings or objects, never a structure."""

    def __init__(self, code: str, *_: object):
        if not re.fullmatch(r"[biufcSUO]\d+", code):
            raise pickle.UnpicklingError(f"found dtype {code!r}")
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.dtype = self.dtype.newbyteorder(state[1])


class _Array:
    """Stands for a numpy.ndarray, which pickles up to protocol 4 make empty and fill afterwards."""

    value: np.ndarray

    def __init__(self, *_: object):
        pass

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _version, shape, dtype, fortran, content = state
        self.value = _array(content, dtype, shape, "F" if fortran else "C")


class _Buffer(_Array):
    """Stands for the call that makes a numpy.ndarray in pickles of protocol 5."""

    def __init__(self, content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str):
        self.value = _array(content, dtype, shape, order)


class _Scalar(_Array):
    """Stands for the call that makes a numpy scalar."""

    def __init__(self, dtype: _Dtype, content: bytes):
        self.value = _array(content, dtype, (), "C")[()]


class _Bytes:
    """Stands for the calls by which protocol 2 writes bytes."""

    def __new__(cls, text: str = "", _encoding: str = "latin1") -> bytes:  # type: ignore[misc]
        return text.encode("latin1")


def _array(content: Any, dtype: _Dtype, shape: tuple[int, ...], order: Any) -> np.ndarray:
    if dtype.dtype.hasobject:
        return np.fromiter((_plain(item) for item in content), object, len(content)).reshape(shape)
    if isinstance(content, str):  # the bytes of Python 2
        content = content.encode("latin1")
    return np.ndarray(shape, dtype.dtype, content, order=order)


_ADMITTED = {
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
        if dotted not in _ADMITTED:
            raise pickle.UnpicklingError(f"found {dotted}")
        return _ADMITTED[dotted]


def _plain(value: Any) -> Any:
    """The value with every stand-in replaced by what it stands for."""
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

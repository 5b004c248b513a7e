"""Read .npz files whose members may be pickles, without executing anything in them.

Accepted are numpy arrays, dtypes and scalars, dictionaries (ordered and default ones become plain), lists, tuples,
sets, strings, bytes, numbers and None; anything else is refused by name. Arrays are rebuilt here from their parts
instead of unpickled by numpy, because a forged pickle can give a dtype false flags, so that numpy treats bytes as
pointers. Most arrays share the file's bytes and are read-only.
"""

from __future__ import annotations

import io
import math
import pickle
import pickletools
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from jointaware.errors import InputError
from jointaware.foreign import check_content, reading, refusing

EXPECTED = "an .npz file of arrays, dictionaries, lists, strings and numbers"
DEPTH = 100
"""Nesting at which a pickle is refused: C code recurses into a key of nested tuples until the stack overflows."""

_KINDS = {
    b"PK": "a part of an .npz file",
    b"\x93NUMPY": "a single array (.npy)",
    b"\x80": "a pickle",
    b"\x89HDF": "an HDF5 file",
}
"""What files that are no whole .npz begin with."""


def load_npz(path: str | Path, *, objects: bool = True) -> dict[str, Any]:
    """Read the members of an .npz by name: arrays, or for a pickled 0-d object array the object itself.

    objects: whether pickled members are read; if not, they are refused.
    """
    path = Path(path)
    members = {}
    with reading(path, EXPECTED):
        with path.open("rb") as file:
            head = file.read(6)
        kinds = [kind for magic, kind in _KINDS.items() if head.startswith(magic)]
        if kinds and not zipfile.is_zipfile(path):
            raise InputError(f"{path}: found {kinds[0]}, expected {EXPECTED}")
        with zipfile.ZipFile(path) as archive:
            check_content(sum(member.file_size for member in archive.infolist()), path)
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                with refusing(f"{path}: {name[:40]!r}", EXPECTED):
                    members[name] = _read_member(archive, member, objects=objects)
    return members


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, objects: bool) -> Any:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError("compressed in a way that NumPy does not use")
    content = io.BytesIO(archive.read(member))
    version = np.lib.format.read_magic(content)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = read_header(content)
    if not dtype.hasobject:
        return _numbers(content.read(), dtype, shape, "F" if fortran else "C")
    if not objects:
        raise ValueError("pickled objects")
    start = content.tell()
    _check_pickle(content)
    content.seek(start)
    value = _plain(_Unpickler(content, encoding="latin1").load(), {})
    return value.item() if isinstance(value, np.ndarray) and value.shape == () else value


def _check_pickle(pickled: io.BytesIO) -> None:
    """Refuse a pickle that declares more than it holds, or nests too deeply, before anything of it is built.

    Follows the unpickler's stack. In place of each object lies how deeply objects are nested in it, in a list of its
    own, so that the memo sees it change.
    """
    stack: list[list[int]] = []
    marks: list[int] = []
    memo: dict[int, list[int]] = {}
    argument: Any
    position: Any  # never None, because the stream knows where it is
    for opcode, argument, position in pickletools.genops(pickled):
        takes = opcode.stack_before
        if isinstance(argument, int) and abs(argument) >= 2**63:  # multiples of 2**61 - 1 all have the hash 0
            raise pickle.UnpicklingError("an integer of more than 64 bits")
        if opcode.name in _PUT:
            index = len(memo) if argument is None else argument
            if not 0 <= index <= position:  # the unpickler allocates all entries up to the highest
                raise pickle.UnpicklingError(f"entry {index} of the memo at byte {position}")
            memo[index] = stack[-1]
        elif opcode.name in _GET:
            stack.append(memo[argument])
        elif opcode.name == "DUP":
            stack.append(stack[-1])
        elif opcode.name == "MARK":
            marks.append(len(stack))
        elif opcode.name == "POP" and marks and marks[-1] == len(stack):
            marks.pop()
        else:
            below_mark = takes.index(pickletools.markobject) if pickletools.markobject in takes else None
            first = len(stack) - len(takes) if below_mark is None else marks.pop() - below_mark
            taken = stack[first:]
            del stack[first:]
            changed = taken.pop(0) if opcode.name in _CHANGE else [0]
            changed[0] = max(changed[0], 1 + max((depth for (depth,) in taken), default=0))
            if changed[0] > DEPTH:
                raise pickle.UnpicklingError(f"objects nested {DEPTH} deep")
            if opcode.stack_after:
                stack.append(changed)


_PUT = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_GET = ("GET", "BINGET", "LONG_BINGET")
_CHANGE = ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS", "BUILD")
"""Opcodes that change the first object they take."""


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

    def __init__(
        self, content: bytes, dtype: _Dtype, shape: tuple[int, ...], order: str, axes: tuple[int, ...] | None = None
    ):
        self.value = _array(content, dtype, shape, "C" if axes else order)
        if axes:
            self.value = self.value.transpose(axes)


class _Scalar(_Array):
    """Stands in for the function that creates a numpy scalar."""

    def __init__(self, dtype: _Dtype, content: bytes):
        self.value = _array(content, dtype, (), "C")[()]


class _Global:
    """A name in a pickle: `build` makes a plain object of the arguments that the pickle gives, if it may be called.

    An instance, because a pickle can change the attributes of the classes and functions that it refers to.
    """

    __slots__ = ("build", "name")

    def __init__(self, name: str, build: Callable[..., Any] | None = None):
        self.name, self.build = name, build

    def __call__(self, *arguments: Any) -> Any:
        if self.build is None:
            raise pickle.UnpicklingError(f"found a call of {self.name}")
        return self.build(*arguments)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError(f"found a change of {self.name}")


def _bytes(text: str = "", _encoding: str = "latin1") -> bytes:
    """Bytes in pickles of protocol 2."""
    return text.encode("latin1")


def _default_dict(_factory: object = None) -> dict[Any, Any]:
    return {}


def _array(content: Any, dtype: _Dtype, shape: tuple[int, ...], order: Any) -> np.ndarray:
    if dtype.dtype.hasobject:
        return np.fromiter((_plain(item, {}) for item in content), object, len(content)).reshape(shape)
    if isinstance(content, str):  # bytes from Python 2
        content = content.encode("latin1")
    return _numbers(content, dtype.dtype, shape, order)


def _numbers(content: bytes, dtype: np.dtype, shape: tuple[int, ...], order: Any) -> np.ndarray:
    """An array over bytes, neither more nor fewer than it needs: NumPy takes shapes of 2**60 items of no bytes."""
    if not re.fullmatch(r"[<>|=][biufcSU]\d+", dtype.str) or not dtype.itemsize:
        raise ValueError(f"found dtype {str(dtype)[:40]}")
    if math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"found {len(content)} bytes for {dtype} {shape}")
    return np.ndarray(shape, dtype, content, order=order)


_ACCEPTED = {
    "numpy.ndarray": _Array,
    "numpy.dtype": _Dtype,
    "_codecs.encode": _bytes,
    "collections.OrderedDict": dict,
    "collections.defaultdict": _default_dict,
    **{
        f"numpy.{core}.{name}": stand_in
        for core in ("core", "_core")  # numpy 1 and numpy 2
        for name, stand_in in {
            "multiarray._reconstruct": _Array,
            "multiarray.scalar": _Scalar,
            "numeric._frombuffer": _Buffer,
        }.items()
    },
    **{
        f"{builtins}.{name}": stand_in
        for builtins in ("builtins", "__builtin__")  # Python 3 and Python 2
        for name, stand_in in {
            "bytes": _bytes,
            "set": set,
            "frozenset": frozenset,
            # What defaultdicts are made with; never called.
            **dict.fromkeys(("dict", "list", "tuple", "int", "float", "str"), None),
        }.items()
    },
}
_GLOBALS = {name: _Global(name, build) for name, build in _ACCEPTED.items()}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        dotted = f"{module}.{name}"
        if dotted not in _GLOBALS:
            raise pickle.UnpicklingError(f"found {dotted}")
        return _GLOBALS[dotted]


def _plain(value: Any, known: dict[int, Any]) -> Any:
    """Replace every stand-in within a value by the object it stands in for.

    known: results by the identity of the value, so that what is held in many places is replaced once.
    """
    if id(value) in known:
        return known[id(value)]
    plain: Any
    match value:
        case _Array():
            plain = value.value
        case _Dtype():
            plain = value.dtype
        case dict():
            plain = {_plain(key, known): _plain(item, known) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            plain = type(value)(_plain(item, known) for item in value)
        case None | str() | bytes() | int() | float():
            return value
        case _Global():
            raise pickle.UnpicklingError(f"found {value.name}")
        case _:
            raise pickle.UnpicklingError(f"found a {type(value).__name__}")
    known[id(value)] = plain
    return plain

"""Acclaim skeletons (ASF) and motion (AMC) in the dialect of the CMU database; forward kinematics to positions.

A skeleton file defines bones: direction and length in the zero pose, and the axes of rotation. A motion file holds the
joint angles of every bone in every frame. Conventions: a bone's rotation in its parent's frame is C R C^-1, with C
from its `axis` and R from its angles, both as extrinsic rotations about x, then y, then z. Case, blank lines, comments
and the number of the first frame do not matter.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.errors import InputError
from jointaware.foreign import reading

ROOT = {"order": "tx ty tz rx ry rz", "axis": "xyz", "position": "0 0 0", "orientation": "0 0 0"}
ROOT_DOF = tuple(ROOT["order"].split())
METRES_PER_INCH = 0.0254
LARGEST = 1e6
"""Limit on every number: far above any length or angle, and small enough for all products to stay finite."""
NUMBERS = f"finite numbers up to {LARGEST:,.0f}"
BONES = 200
"""Limit on the bones of a skeleton; CMU's have 30."""
DIGITS = 9
"""Limit on the digits of a frame's number."""
QUOTED = 60
"""Limit on the characters of a file that a message quotes."""


@dataclass(frozen=True)
class Bone:
    """A bone; the root is one of length zero.

    offset: (3,) metres, from its start to its end in the zero pose, world frame. axes: the rotation C (see above).
    dof: its channels in a motion file, in order, out of tx ty tz rx ry rz.
    """

    name: str
    parent: str | None
    offset: np.ndarray
    axes: Rotation
    dof: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """Bones, parents before children, and metres per unit of length in the files."""

    bones: tuple[Bone, ...]
    metres: float


def read_skeleton(path: Path) -> Skeleton:
    """Read a skeleton file: the root and the bones, in the order of their ids."""
    sections = _sections(path)
    units = dict(line[:2] for line in sections["units"] if len(line) > 1)
    [length] = _required(path, "units length", [units.get("length", "")], 1)
    if units.get("angle") != "deg" or length < 1 / LARGEST:
        raise InputError(f"{path}: units are length {length:g}, angle {units.get('angle')}; expected > 0 and deg")
    root = {key: " ".join(words) for key, *words in sections["root"]}
    for key, expected in ROOT.items():
        if root.get(key) != expected:
            raise InputError(f"{path}: the root's {key} is {_quoted(root.get(key, ''))}, expected '{expected}'")
    metres = METRES_PER_INCH / length
    children = [(child, line[0]) for line in sections["hierarchy"] for child in line[1:]]
    parents = dict(children)
    if len(parents) < len(children):
        twice = next(child for number, (child, _) in enumerate(children) if child in dict(children[:number]))
        raise InputError(f"{path}: found bone {_quoted(twice)} below two others, expected one parent")
    bones = {"root": Bone("root", None, np.zeros(3), Rotation.identity(), ROOT_DOF)}
    for fields in _bone_blocks(path, sections["bonedata"]):
        bone = _bone(path, fields, parents, metres)
        if bone.name in bones:
            raise InputError(f"{path}: found bone {_quoted(bone.name)} twice, expected it once")
        if bone.parent not in bones:
            found = f"the parent of bone {_quoted(bone.name)} is {_quoted(parents[bone.name])}"
            raise InputError(f"{path}: {found}, expected the root or an earlier bone")
        bones[bone.name] = bone
    return Skeleton(tuple(bones.values()), metres)


def read_motion(path: Path, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Read a motion file: the channels of each moving bone, (frames, dof), in degrees or the files' unit of length.

    Frames are numbered from any number, one by one; within a frame the bones may have any order.
    """
    counts = {bone.name: len(bone.dof) for bone in skeleton.bones if bone.dof}
    values: dict[str, list[list[float]]] = {name: [] for name in counts}
    header, frame, waiting = set(), None, set[str]()
    for number, (key, *words) in _lines(path):
        if key in waiting and (numbers := _numbers(words, counts[key])):
            waiting.remove(key)
            values[key].append(numbers)
        elif not (waiting or words) and key.isdecimal() and len(key) <= DIGITS and frame in (None, int(key) - 1):
            frame, waiting = int(key), set(counts)
        elif frame is None and key.startswith(":"):
            header.add(key)
        else:
            expected = f"{counts[key]} {NUMBERS} after {key}" if key in waiting else _next(frame, waiting)
            raise InputError(f"{path}, line {number}: found {_quoted(' '.join([key, *words]))}, expected {expected}")
    if frame is None or waiting:
        raise InputError(f"{path}: found the end of the file, expected {_next(frame, waiting)}")
    if ":degrees" not in header:
        raise InputError(f"{path}: found no :DEGREES before the first frame, expected angles in degrees")
    return {name: np.array(rows) for name, rows in values.items()}


def positions(skeleton: Skeleton, motion: dict[str, np.ndarray]) -> np.ndarray:
    """Distal end of every bone by forward kinematics, (frames, bones, 3) metres, in the files' frame, y up."""
    frames = len(motion["root"])
    rotations: dict[str | None, Rotation] = {None: Rotation.identity()}
    ends: dict[str | None, np.ndarray] = {None: motion["root"][:, :3] * skeleton.metres}
    for bone in skeleton.bones:
        angles = np.zeros((frames if bone.dof else 1, 3))
        for column, name in enumerate(bone.dof):
            if name.startswith("r"):
                angles[:, "xyz".index(name[1])] = motion[bone.name][:, column]
        rotation = bone.axes * Rotation.from_euler("xyz", angles, degrees=True) * bone.axes.inv()
        rotations[bone.name] = rotations[bone.parent] * rotation
        ends[bone.name] = ends[bone.parent] + rotations[bone.name].apply(bone.offset)
    return np.stack([ends[bone.name] for bone in skeleton.bones], axis=1)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The number and the words of each line, in lower case, without comments; lines without words are left out."""
    with reading(path, "an ASF or AMC file"):
        text = path.read_text(encoding="utf-8-sig", errors="replace").lower()
    for number, line in enumerate(text.splitlines(), start=1):
        if words := line.split("#", 1)[0].split():
            yield number, words


def _sections(path: Path) -> dict[str, list[list[str]]]:
    """The lines of each `:section`, split into words."""
    sections: dict[str, list[list[str]]] = {}
    for _, words in _lines(path):
        if words[0].startswith(":"):
            sections[words[0][1:]] = []
        elif sections:
            list(sections.values())[-1].append(words)
    for section in ("units", "root", "bonedata", "hierarchy"):
        if not sections.get(section):
            raise InputError(f"{path}: found no section :{section} or an empty one, expected an ASF file")
    return sections


def _bone_blocks(path: Path, lines: list[list[str]]) -> list[dict[str, list[str]]]:
    """The keys and words of each bone between its `begin` and `end`."""
    blocks: list[dict[str, list[str]]] = []
    for key, *words in lines:
        if key == "begin":
            blocks.append({})
        elif blocks:
            blocks[-1].setdefault(key, words)
    if lines[-1] != ["end"]:
        raise InputError(f"{path}: the last bone has no end; the file is truncated")
    if len(blocks) > BONES:
        raise InputError(f"{path}: found {len(blocks)} bones, expected at most {BONES}")
    return blocks


def _bone(path: Path, fields: dict[str, list[str]], parents: dict[str, str], metres: float) -> Bone:
    name = " ".join(fields.get("name", ["without a name"]))
    if name not in parents:
        raise InputError(f"{path}: bone {_quoted(name)} is not in :hierarchy, expected it to have a parent")
    direction = _required(path, f"bone {name}, direction", fields.get("direction", []), 3)
    [length] = _required(path, f"bone {name}, length", fields.get("length", []), 1)
    axis, dof = fields.get("axis", []), tuple(fields.get("dof", []))
    axes = _required(path, f"bone {name}, axis", axis[:3], 3)
    if sorted(dof) != sorted(set(dof) & set(ROOT_DOF[3:])) or axis[3:] != ["xyz"]:
        found = f"dof {_quoted(' '.join(dof))}, axis {_quoted(' '.join(axis))}"
        raise InputError(f"{path}: bone {name} has {found}; expected dof of rx ry rz, each once, and axes XYZ")
    offset = np.array(direction) * length * metres
    return Bone(name, parents[name], offset, Rotation.from_euler("xyz", axes, degrees=True), dof)


def _numbers(words: Sequence[str], count: int) -> list[float] | None:
    """The words as numbers; None unless they are `count` numbers within `LARGEST`."""
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None
    return numbers if len(numbers) == count and all(abs(number) <= LARGEST for number in numbers) else None


def _required(path: Path, what: str, words: Sequence[str], count: int) -> list[float]:
    """The words as numbers; `what` they are is for the error message."""
    if numbers := _numbers(words, count):
        return numbers
    raise InputError(f"{path}: {what} is {_quoted(' '.join(words))}, expected {count} {NUMBERS}")


def _next(frame: int | None, waiting: set[str]) -> str:
    """What a motion file has to continue with, in words."""
    if frame is None:
        return "the number of the first frame"
    return f"{_quoted(', '.join(sorted(waiting)))} of frame {frame}" if waiting else f"frame {frame + 1}"


def _quoted(text: str) -> str:
    """The start of a text from a file, in quotes."""
    return repr(text if len(text) <= QUOTED else f"{text[:QUOTED]}...")

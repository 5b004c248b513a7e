"""Acclaim skeletons (ASF) and motion (AMC) in the dialect of the CMU database; forward kinematics to positions.

A skeleton file defines bones: direction and length in the zero pose, and the axes of rotation. A motion file holds the
joint angles of every bone in every frame. Conventions: a bone's rotation in its parent's frame is C R C^-1, with C
from its `axis` and R from its angles, both as extrinsic rotations about x, then y, then z.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.errors import InputError

ROOT = {"order": "TX TY TZ RX RY RZ", "axis": "XYZ", "position": "0 0 0", "orientation": "0 0 0"}
ROOT_DOF = tuple(ROOT["order"].lower().split())
METRES_PER_INCH = 0.0254


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
    [length] = _numbers(path, "units length", [units.get("length", "")], 1)
    if units.get("angle") != "deg" or length <= 0:
        raise InputError(f"{path}: units are length {length:g}, angle {units.get('angle')}; expected > 0 and deg")
    root = {key: " ".join(words) for key, *words in sections["root"]}
    for key, expected in ROOT.items():
        if root.get(key) != expected:
            raise InputError(f"{path}: the root's {key} is '{root.get(key, '')}', expected '{expected}'")
    metres = METRES_PER_INCH / length
    parents = {child: line[0] for line in sections["hierarchy"] for child in line[1:]}
    bones = {"root": Bone("root", None, np.zeros(3), Rotation.identity(), ROOT_DOF)}
    for fields in _bone_blocks(path, sections["bonedata"]):
        bone = _bone(path, fields, parents, metres)
        if bone.parent not in bones:
            raise InputError(
                f"{path}: the parent of bone {bone.name} is {bone.parent}, expected the root or an earlier bone"
            )
        bones[bone.name] = bone
    return Skeleton(tuple(bones.values()), metres)


def read_motion(path: Path, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Read a motion file: the channels of each moving bone, (frames, dof), in degrees or the files' unit of length."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == "1"), None)
    if start is None:
        raise InputError(f"{path}: found no frame 1, expected an AMC file")
    if ":DEGREES" not in map(str.strip, lines[:start]):
        raise InputError(f"{path}: found no :DEGREES before frame 1, expected angles in degrees")
    counts = {bone.name: len(bone.dof) for bone in skeleton.bones if bone.dof}
    names = [line.split()[0] for line in lines[start + 1 : start + 1 + len(counts)] if line.split()]
    words = np.array(" ".join(lines[start:]).split())
    per_frame = 1 + sum(1 + count for count in counts.values())
    if sorted(names) != sorted(counts) or len(words) % per_frame:
        _raise_at_line(path, lines, start, counts)
    frames = words.reshape(-1, per_frame)
    places = np.cumsum([1] + [1 + counts[name] for name in names[:-1]])
    try:
        numbers = np.delete(frames, places, axis=1).astype(np.float64)
    except ValueError:
        _raise_at_line(path, lines, start, counts)
    in_order = (frames[:, places] == names).all() and (numbers[:, 0] == np.arange(1, len(frames) + 1)).all()
    if not (in_order and np.isfinite(numbers).all()):
        _raise_at_line(path, lines, start, counts)
    columns = np.split(numbers[:, 1:], np.cumsum([counts[name] for name in names])[:-1], axis=1)
    return dict(zip(names, columns, strict=True))


def positions(skeleton: Skeleton, motion: dict[str, np.ndarray]) -> np.ndarray:
    """Distal end of every bone by forward kinematics, (frames, bones, 3) metres, in the files' frame, y up."""
    frames = len(motion["root"])
    rotations: dict[str | None, Rotation] = {None: Rotation.identity()}
    ends: dict[str | None, np.ndarray] = {None: motion["root"][:, :3] * skeleton.metres}
    for bone in skeleton.bones:
        angles = np.zeros((frames, 3))
        for column, name in enumerate(bone.dof):
            if name.startswith("r"):
                angles[:, "xyz".index(name[1])] = motion[bone.name][:, column]
        rotation = bone.axes * Rotation.from_euler("xyz", angles, degrees=True) * bone.axes.inv()
        rotations[bone.name] = rotations[bone.parent] * rotation
        ends[bone.name] = ends[bone.parent] + rotations[bone.name].apply(bone.offset)
    return np.stack([ends[bone.name] for bone in skeleton.bones], axis=1)


def _sections(path: Path) -> dict[str, list[list[str]]]:
    """The lines of each `:section`, split into words."""
    sections: dict[str, list[list[str]]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            sections[words[0][1:]] = []
        elif words and sections:
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
    return blocks


def _bone(path: Path, fields: dict[str, list[str]], parents: dict[str, str], metres: float) -> Bone:
    name = " ".join(fields.get("name", ["without a name"]))
    if name not in parents:
        raise InputError(f"{path}: bone {name} is not in :hierarchy, expected it to have a parent")
    direction = _numbers(path, f"bone {name}, direction", fields.get("direction", []), 3)
    [length] = _numbers(path, f"bone {name}, length", fields.get("length", []), 1)
    axes = _numbers(path, f"bone {name}, axis", fields.get("axis", [])[:3], 3)
    dof = tuple(fields.get("dof", []))
    if sorted(dof) != sorted(set(dof) & set(ROOT_DOF[3:])) or fields.get("axis", [])[3:] != ["XYZ"]:
        found = f"dof {' '.join(dof)}, axis {' '.join(fields['axis'])}"
        raise InputError(f"{path}: bone {name} has {found}; expected dof of rx ry rz, each once, and axes XYZ")
    offset = np.array(direction) * length * metres
    return Bone(name, parents[name], offset, Rotation.from_euler("xyz", axes, degrees=True), dof)


def _numbers(path: Path, what: str, words: list[str], count: int) -> list[float]:
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        numbers = []
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise InputError(f"{path}: {what} is '{' '.join(words)}', expected {count} numbers")
    return numbers


def _raise_at_line(path: Path, lines: list[str], start: int, counts: dict[str, int]) -> NoReturn:
    """Raise InputError at the first wrong line of a motion file that is known to be invalid."""
    frame, waiting = 0, set[str]()
    for number, line in enumerate(lines[start:], start=start + 1):
        key, *words = line.split() or [""]
        if key.isdecimal() and not words:
            if waiting or int(key) != frame + 1:
                break
            frame, waiting = frame + 1, set(counts)
        elif key not in waiting:
            raise InputError(f"{path}, line {number}: found {key!r}, expected one of {', '.join(sorted(waiting))}")
        else:
            _numbers(path, f"line {number}, {key},", words, counts[key])
            waiting.remove(key)
    missing = f"{', '.join(sorted(waiting))} of frame {frame}" if waiting else f"frame {frame + 1}"
    raise InputError(f"{path}, line {number}: found {line.strip()!r}, expected {missing}")

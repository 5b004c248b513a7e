"""Acclaim skeletons (ASF) and motions (AMC) as the CMU database has them, to positions.

A skeleton file holds bones: where each points and how long it is in the zero pose, and about which axes it turns. A
motion file holds, for every frame and bone, its angles. Conventions: the bone's turn in its parent's frame is
C R C^-1, with C from its `axis` and R from its angles; turns about x come first, then y, then z.
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
    """A bone, or the root, which is a bone of no length.

    offset: (3,) metres, from its start to its end in the zero pose, world frame. axes: C. dof: what a motion file says
    of it, in order, of tx ty tz rx ry rz.
    """

    name: str
    parent: str | None
    offset: np.ndarray
    axes: Rotation
    dof: tuple[str, ...]


@dataclass(frozen=True)
class Skeleton:
    """Bones, parents first, and what a unit of length of the files is in metres."""

    bones: tuple[Bone, ...]
    metres: float


def read_skeleton(path: Path) -> Skeleton:
    """The root and the bones, in the order of their ids."""
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
            raise InputError(f"{path}: bone {bone.name} hangs on {bone.parent}, expected the root or a bone before it")
        bones[bone.name] = bone
    return Skeleton(tuple(bones.values()), metres)


def read_motion(path: Path, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Each moving bone's values in every frame, (frames, dof), degrees and the files' unit of length."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    start = next((number for number, line in enumerate(lines) if line.strip() == "1"), None)
    if start is None:
        raise InputError(f"{path}: has no frame 1, expected an AMC file")
    if ":DEGREES" not in map(str.strip, lines[:start]):
        raise InputError(f"{path}: has no :DEGREES before frame 1, expected angles in degrees")
    counts = {bone.name: len(bone.dof) for bone in skeleton.bones if bone.dof}
    names = [line.split()[0] for line in lines[start + 1 : start + 1 + len(counts)] if line.split()]
    words = np.array(" ".join(lines[start:]).split())
    per_frame = 1 + sum(1 + count for count in counts.values())
    if sorted(names) != sorted(counts) or len(words) % per_frame:
        _refuse(path, lines, start, counts)
    frames = words.reshape(-1, per_frame)
    places = np.cumsum([1] + [1 + counts[name] for name in names[:-1]])
    try:
        numbers = np.delete(frames, places, axis=1).astype(np.float64)
    except ValueError:
        _refuse(path, lines, start, counts)
    in_order = (frames[:, places] == names).all() and (numbers[:, 0] == np.arange(1, len(frames) + 1)).all()
    if not (in_order and np.isfinite(numbers).all()):
        _refuse(path, lines, start, counts)
    columns = np.split(numbers[:, 1:], np.cumsum([counts[name] for name in names])[:-1], axis=1)
    return dict(zip(names, columns, strict=True))


def positions(skeleton: Skeleton, motion: dict[str, np.ndarray]) -> np.ndarray:
    """The end of every bone, (frames, bones, 3) metres, in the files' own frame, y up; the root's is the root."""
    frames = len(motion["root"])
    turns: dict[str | None, Rotation] = {None: Rotation.identity()}
    ends: dict[str | None, np.ndarray] = {None: motion["root"][:, :3] * skeleton.metres}
    for bone in skeleton.bones:
        angles = np.zeros((frames, 3))
        for column, name in enumerate(bone.dof):
            if name.startswith("r"):
                angles[:, "xyz".index(name[1])] = motion[bone.name][:, column]
        turn = bone.axes * Rotation.from_euler("xyz", angles, degrees=True) * bone.axes.inv()
        turns[bone.name] = turns[bone.parent] * turn
        ends[bone.name] = ends[bone.parent] + turns[bone.name].apply(bone.offset)
    return np.stack([ends[bone.name] for bone in skeleton.bones], axis=1)


def _sections(path: Path) -> dict[str, list[list[str]]]:
    """The lines below each `:section`, as words."""
    sections: dict[str, list[list[str]]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            sections[words[0][1:]] = []
        elif words and sections:
            list(sections.values())[-1].append(words)
    for section in ("units", "root", "bonedata", "hierarchy"):
        if not sections.get(section):
            raise InputError(f"{path}: has no section :{section}, or an empty one; expected an ASF file")
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
        raise InputError(f"{path}: the last bone has no end; the file is cut short")
    return blocks


def _bone(path: Path, fields: dict[str, list[str]], parents: dict[str, str], metres: float) -> Bone:
    name = " ".join(fields.get("name", ["without a name"]))
    if name not in parents:
        raise InputError(f"{path}: bone {name} is not in :hierarchy, expected it to hang on another")
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


def _refuse(path: Path, lines: list[str], start: int, counts: dict[str, int]) -> NoReturn:
    """Read a motion file that is known to be wrong line by line, and name the line."""
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

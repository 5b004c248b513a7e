"""BVH: a skeleton of constant bone lengths and its rotations, metres, y up; the root alone has a position.

A bone can only turn about its parent's joint. Where one joint has several bones, each begins at a joint of its own
in the same place, named after the bone (`left_hip_base`), as in the BVH files of CMU: hips, spine and shoulders move
against each other. Every joint turns its bone by the smallest rotation, so that none twists; pelvis and thorax turn
with all their bones. Only rotations of bones with constant lengths are exact: `jointaware lift --bvh` gives all
outputs such bones.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from jointaware.pose.skeleton import JOINTS, PARENTS, ROOT
from jointaware.video.lifted import Lifted, held
from jointaware.video.trc import y_up

REST = {
    "hip": (1, 0, 0),
    "knee": (0, -1, 0),
    "foot": (0, -1, 0),
    "spine": (0, 1, 0),
    "thorax": (0, 1, 0),
    "neck": (0, 1, 0),
    "head": (0, 1, 0),
    "shoulder": (1, 0, 0),
    "elbow": (1, 0, 0),
    "hand": (1, 0, 0),
}
"""Direction of the bone to each joint in the rest pose, a T, for the left side: x to the person's left, y up."""
END = 0.1
"""Metres that the last joint of a chain reaches beyond itself, so that programs draw a bone there."""
ORDER = "ZXY"


@dataclass
class _Node:
    """A joint of the file. offset: from its parent, metres. rotations: of every frame, relative to the parent.

    end: offset of the end site of a last joint.
    """

    name: str
    offset: np.ndarray
    rotations: Rotation
    children: list[_Node] = field(default_factory=list)
    end: np.ndarray | None = None


def write(path: Path, take: Lifted) -> None:
    """Write the motion; a pose that is not known is the last one before."""
    joints = y_up(held(take.placed()))
    root = _build(joints)
    nodes = list(_flat(root))
    channels = np.concatenate([joints[:, ROOT], *(_angles(node.rotations) for node in nodes)], axis=1)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("HIERARCHY\n" + "\n".join(_hierarchy(root, 0)) + "\nMOTION\n")
        file.write(f"Frames: {len(channels)}\nFrame Time: {1 / take.fps:.8f}\n")
        np.savetxt(file, channels, fmt="%.6f")


def _build(joints: np.ndarray) -> _Node:
    """The skeleton with its rotations, of joints (frames, 17, 3), y up."""
    lengths = {joint: _length(joints, joint) for joint in range(len(JOINTS)) if joint != ROOT}
    return _node(JOINTS[ROOT], ROOT, np.zeros(3), joints, lengths, Rotation.identity(len(joints)))


def _node(
    name: str, joint: int, offset: np.ndarray, joints: np.ndarray, lengths: dict[int, float], parent: Rotation
) -> _Node:
    """A joint and all below it. parent: rotations of the joint above, (frames,), y up."""
    children = [child for child, above in enumerate(PARENTS) if above == joint]
    if not children:
        return _Node(name, offset, Rotation.identity(len(joints)), end=END * _rest(joint))
    bones = [joints[:, child] - joints[:, joint] for child in children]
    offsets = [lengths[child] * _rest(child) for child in children]
    if len(children) == 1:
        turned = _smallest(parent, offsets[0], bones[0])
        below = _node(JOINTS[children[0]], children[0], offsets[0], joints, lengths, turned)
        return _Node(name, offset, parent.inv() * turned, [below])
    turned = _together(offsets, bones)
    nodes = []
    for child, bone, rest in zip(children, bones, offsets, strict=True):
        alone = _smallest(turned, rest, bone)
        below = _node(JOINTS[child], child, rest, joints, lengths, alone)
        nodes.append(_Node(f"{JOINTS[child]}_base", np.zeros(3), turned.inv() * alone, [below]))
    return _Node(name, offset, parent.inv() * turned, nodes)


def _smallest(parent: Rotation, offset: np.ndarray, bone: np.ndarray) -> Rotation:
    """Rotations that turn a bone from where its parent would take it to where it is, by the smallest angle each."""
    start = parent.apply(offset / np.linalg.norm(offset))
    end = bone / np.linalg.norm(bone, axis=1, keepdims=True)
    axis, cosine = np.cross(start, end), (start * end).sum(axis=1)
    sine = np.linalg.norm(axis, axis=1)
    opposite = (sine < 1e-9) & (cosine < 0)
    if opposite.any():  # any axis across the bone
        axis[opposite] = np.cross(start[opposite], np.roll(start[opposite], 1, axis=1))
    length = np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.arctan2(sine, cosine)[:, None]
    return Rotation.from_rotvec(np.divide(axis, length, out=np.zeros_like(axis), where=length > 0) * angle) * parent


def _together(offsets: list[np.ndarray], bones: list[np.ndarray]) -> Rotation:
    """Rotations that bring several bones as near as they can to where they are."""
    rest = np.stack([offset / np.linalg.norm(offset) for offset in offsets])
    now = np.stack([bone / np.linalg.norm(bone, axis=1, keepdims=True) for bone in bones], axis=1)
    left, _, right = np.linalg.svd(now.transpose(0, 2, 1) @ rest)
    sign = np.linalg.det(left @ right)
    left[:, :, 2] *= sign[:, None]
    return Rotation.from_matrix(left @ right)


def _rest(joint: int) -> np.ndarray:
    """Direction of the bone to a joint in the rest pose."""
    side, _, part = JOINTS[joint].rpartition("_")
    direction = np.array(REST[part], float)
    return direction * [-1, 1, 1] if side == "right" else direction


def _length(joints: np.ndarray, joint: int) -> float:
    return float(np.median(np.linalg.norm(joints[:, joint] - joints[:, PARENTS[joint]], axis=1)))


def _angles(rotations: Rotation) -> np.ndarray:
    """Degrees about the axes of `ORDER`, (frames, 3)."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Gimbal lock")  # the rotation is right all the same
        return rotations.as_euler(ORDER, degrees=True)


def _flat(node: _Node) -> Iterator[_Node]:
    """A joint and all below it that have channels, in the order of the file."""
    yield node
    for child in node.children:
        yield from _flat(child)


def _hierarchy(node: _Node, depth: int) -> Iterator[str]:
    """Lines that describe a joint and all below it."""
    indent, inner = "  " * depth, "  " * (depth + 1)
    rotation = " ".join(f"{axis}rotation" for axis in ORDER)
    yield f"{indent}{'JOINT' if depth else 'ROOT'} {node.name}"
    yield f"{indent}{{"
    yield f"{inner}OFFSET {_numbers(node.offset)}"
    yield f"{inner}CHANNELS " + (f"3 {rotation}" if depth else f"6 Xposition Yposition Zposition {rotation}")
    for child in node.children:
        yield from _hierarchy(child, depth + 1)
    if node.end is not None:
        yield f"{inner}End Site"
        yield f"{inner}{{"
        yield f"{inner}  OFFSET {_numbers(node.end)}"
        yield f"{inner}}}"
    yield f"{indent}}}"


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in values)

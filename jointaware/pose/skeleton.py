"""The 17-joint skeleton of Human3.6M: the only module that knows joint indices.

Joints are in VideoPose3D's order, which drops the joints of Human3.6M that do not move independently. Left and right
are the subject's.
"""

from __future__ import annotations

JOINTS = (
    "pelvis",
    "right_hip",
    "right_knee",
    "right_foot",
    "left_hip",
    "left_knee",
    "left_foot",
    "spine",
    "thorax",
    "neck",
    "head",
    "left_shoulder",
    "left_elbow",
    "left_hand",
    "right_shoulder",
    "right_elbow",
    "right_hand",
)

(
    PELVIS,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_FOOT,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_FOOT,
    SPINE,
    THORAX,
    NECK,
    HEAD,
    LEFT_SHOULDER,
    LEFT_ELBOW,
    LEFT_HAND,
    RIGHT_SHOULDER,
    RIGHT_ELBOW,
    RIGHT_HAND,
) = range(len(JOINTS))

ROOT = PELVIS

PARENTS = (
    -1,
    PELVIS,
    RIGHT_HIP,
    RIGHT_KNEE,
    PELVIS,
    LEFT_HIP,
    LEFT_KNEE,
    PELVIS,
    SPINE,
    THORAX,
    NECK,
    THORAX,
    LEFT_SHOULDER,
    LEFT_ELBOW,
    THORAX,
    RIGHT_SHOULDER,
    RIGHT_ELBOW,
)
"""Parent of each joint, -1 for the root."""

BONES = tuple((parent, joint) for joint, parent in enumerate(PARENTS) if parent >= 0)
"""The 16 bones as (parent, joint), in joint order."""

MIRRORED = tuple(
    JOINTS.index(name.replace("left", "right") if "left" in name else name.replace("right", "left")) for name in JOINTS
)
"""Index of each joint's counterpart on the other side; a joint on the midline is its own counterpart."""

LIMB_PAIRS = tuple(
    ((PARENTS[MIRRORED[right]], MIRRORED[right]), (PARENTS[right], right))
    for right, name in enumerate(JOINTS)
    if name.startswith("right")
)
"""The 6 pairs (left bone, right bone) of equal length in a symmetric body, each bone as (parent, joint)."""

LIMB_ANGLES = {
    "neck": ((THORAX, NECK, HEAD), (90.0, 180.0)),
    "spine": ((PELVIS, SPINE, THORAX), (90.0, 180.0)),
    "left_hip": ((PELVIS, LEFT_HIP, LEFT_KNEE), (45.0, 180.0)),
    "left_shoulder": ((SPINE, THORAX, LEFT_SHOULDER), (0.0, 135.0)),
    "left_knee": ((LEFT_HIP, LEFT_KNEE, LEFT_FOOT), (45.0, 180.0)),
    "left_elbow": ((LEFT_SHOULDER, LEFT_ELBOW, LEFT_HAND), (0.0, 180.0)),
    "right_hip": ((PELVIS, RIGHT_HIP, RIGHT_KNEE), (45.0, 180.0)),
    "right_shoulder": ((SPINE, THORAX, RIGHT_SHOULDER), (0.0, 135.0)),
    "right_knee": ((RIGHT_HIP, RIGHT_KNEE, RIGHT_FOOT), (45.0, 180.0)),
    "right_elbow": ((RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_HAND), (0.0, 180.0)),
}
"""The 10 limb angles: joints (first, middle, last) with the angle at the middle one, and limits (low, high) in degrees.

A straight limb is at 180 degrees. Order and limits follow the paper's released code.
"""

"""A made-up take of COCO's keypoints, written in every form that detectors write."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from jointaware.artifacts.network_files import NetworkInput, write_networks
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.pose.network import TemporalNetwork
from tests.people import seen

SIZE, FPS, FOCAL = (1280, 720), 50.0, 1200.0
COCO = LAYOUTS["coco"].points


def keypoints(frames: int, *, at: tuple[float, float] = (0.0, 0.0), seed: int = 0) -> np.ndarray:
    """Keypoints of a swaying person, (frames, 17, 3): x, y in pixels and confidence.

    at: metres to the right and forward of a place 5 m in front of the camera.
    """
    body = seen(frames, seed) + np.float32([at[0], 0, 5 + at[1]])
    pixels = FOCAL * body[..., :2] / body[..., 2:] + np.float32([SIZE[0] / 2, SIZE[1] / 2])
    names = LAYOUTS["h36m"].points
    by_name = {name: pixels[:, names.index(name)] for name in names}
    by_name |= {"nose": by_name["neck"], "left_eye": by_name["head"] + [4, 2], "right_eye": by_name["head"] - [4, -2]}
    by_name |= {"left_ear": by_name["head"] + [7, 3], "right_ear": by_name["head"] - [7, -3]}
    points = np.stack([by_name[name] for name in COCO], axis=1)
    return np.concatenate([points, np.full((frames, 17, 1), 0.75)], axis=2).astype(np.float32)


def lose(take: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """The take with nobody in these frames: NaN."""
    lost = take.copy()
    lost[frames] = np.nan
    return lost


def in_layout(take: np.ndarray, name: str) -> np.ndarray:
    """The take in another layout; points that COCO has not lie amid the shoulders."""
    layout, filler = LAYOUTS[name], (take[:, 5] + take[:, 6]) / 2
    return np.stack(
        [take[:, COCO.index(point)] if point in COCO else filler for point in layout.points], axis=1
    ).astype(np.float32)


def _there(pose: np.ndarray) -> bool:
    return bool(np.isfinite(pose).all())


def _flat(pose: np.ndarray) -> list[float]:
    return [float(number) for number in pose.ravel()]


def alphapose(path: Path, *people: np.ndarray, ids: bool = True) -> Path:
    entries = [
        {"image_id": f"{frame}.jpg", "category_id": 1, "keypoints": _flat(take[frame]), "score": 2.5}
        | ({"idx": number + 1} if ids else {})
        for frame in range(len(people[0]))
        for number, take in enumerate(people)
        if _there(take[frame])
    ]
    path = path / "take.json"
    path.write_text(json.dumps(entries))
    return path


def coco(path: Path, *people: np.ndarray) -> Path:
    entries = [
        {"image_id": 1 + frame, "category_id": 1, "keypoints": _flat(take[frame]), "score": 0.9}
        for frame in range(len(people[0]))
        for take in people
        if _there(take[frame])
    ]
    path = path / "take.json"
    path.write_text(json.dumps(entries))
    return path


def openpose(path: Path, *people: np.ndarray, layout: str = "body25") -> Path:
    folder = path / "take"
    folder.mkdir()
    for frame in range(len(people[0])):
        found = [
            {"person_id": [-1], "pose_keypoints_2d": _flat(in_layout(take, layout)[frame])}
            for take in people
            if _there(take[frame])
        ]
        (folder / f"take_{frame:012d}_keypoints.json").write_text(json.dumps({"version": 1.3, "people": found}))
    return folder


def mmpose(path: Path, *people: np.ndarray, is_named: bool = True) -> Path:
    frames = [
        {
            "frame_id": frame,
            "instances": [
                {"keypoints": take[frame, :, :2].tolist(), "keypoint_scores": take[frame, :, 2].tolist()}
                for take in people
                if _there(take[frame])
            ],
        }
        for frame in range(len(people[0]))
    ]
    named = {"meta_info": {"keypoint_id2name": dict(enumerate(COCO))}, "instance_info": frames}
    path = path / "take.json"
    path.write_text(json.dumps(named if is_named else frames))
    return path


def mediapipe(path: Path, take: np.ndarray) -> Path:
    def landmark(point: np.ndarray) -> dict[str, float]:
        x, y, visibility = map(float, point)
        return {"x": x / SIZE[0], "y": y / SIZE[1], "z": 0.0, "visibility": visibility}

    frames = [[landmark(each) for each in pose] if _there(pose) else None for pose in in_layout(take, "mediapipe33")]
    path = path / "take.json"
    path.write_text(json.dumps(frames))
    return path


def mediapipe_npz(path: Path, take: np.ndarray) -> Path:
    path = path / "take.npz"
    np.savez(path, landmarks=in_layout(take, "mediapipe33"), size=np.array(SIZE), fps=FPS)
    return path


def yolo(path: Path, *people: np.ndarray, ids: bool = False) -> Path:
    folder = path / "take"
    folder.mkdir()
    for frame in range(len(people[0])):
        lines = []
        for number, take in enumerate(people):
            if _there(take[frame]):
                relative = take[frame].astype(float) / [*SIZE, 1]
                words = [0, 0.5, 0.5, 0.2, 0.6, *relative.ravel().tolist(), *([number + 1] if ids else [])]
                lines.append(" ".join(map(str, words)))
        if lines:
            (folder / f"take_{frame + 1}.txt").write_text("\n".join(lines) + "\n")
    return folder


def videopose3d(path: Path, *people: np.ndarray) -> Path:
    """What its detector writes."""
    frames = len(people[0])
    found = np.empty((frames, 2), object)
    for frame in range(frames):
        there = [take[frame] for take in people if _there(take[frame])]
        rows = [np.stack([pose[:, 0], pose[:, 1], 0 * pose[:, 0], pose[:, 2]]) for pose in there]
        found[frame, 0], found[frame, 1] = [], np.array(rows, np.float32).reshape(-1, 4, 17)
    path = path / "take.npz"
    metadata = {"w": SIZE[0], "h": SIZE[1]}
    np.savez(path, boxes=found, segments=np.array(None), keypoints=found, metadata=np.array(metadata, object))
    return path


def videopose3d_custom(path: Path, take: np.ndarray) -> Path:
    """`data_2d_custom_*.npz`, which has no confidence and no lost frames."""
    symmetry = [[1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]]
    metadata = {"layout_name": "coco", "num_joints": 17, "keypoints_symmetry": symmetry}
    metadata["video_metadata"] = {"take.mp4": {"w": SIZE[0], "h": SIZE[1]}}
    path = path / "data_2d_custom_take.npz"
    np.savez(path, metadata=np.array(metadata, object), positions_2d=np.array(
        {"take.mp4": {"custom": [take[..., :2].astype(np.float32)]}}, object
    ))  # fmt: skip
    return path


ALL: dict[str, Callable[..., Path]] = {
    "alphapose": alphapose,
    "coco": coco,
    "openpose": openpose,
    "mmpose": mmpose,
    "mediapipe": mediapipe,
    "mediapipe, npz": mediapipe_npz,
    "yolo": yolo,
    "videopose3d": videopose3d,
    "videopose3d, custom": videopose3d_custom,
}


def network(
    path: Path, *, layout: str = "coco", causal: bool = False, fps: float = FPS, normalisation="screen"
) -> Path:
    """A network with random weights and a receptive field of 9 frames."""
    torch.manual_seed(0)
    made = TemporalNetwork([3, 3], 16, causal=causal).eval()
    with torch.no_grad():
        made.shrink.weight *= 0.3
        made.shrink.bias += torch.randn(51) * 0.3
    write_networks(path, [made], NetworkInput(layout, normalisation, fps))
    return path

"""From motion in the world to sequences: what each camera sees of every take, and where the joints are in its frame.

Reads the files that the manifest lists; writes --sequences, the table beside it (same name, .csv), --cameras, and
record.json beside them, the digests of all these. The arrays are written sequence by sequence: what is held in memory
are the takes and, where there are some, detections.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from jointaware.artifacts.files import sha256, write_json
from jointaware.artifacts.parameters import load
from jointaware.artifacts.records import RECORD, write_record
from jointaware.artifacts.sequences import writing_sequences
from jointaware.errors import InputError
from jointaware.mocap.cameras import Camera, load_cameras
from jointaware.mocap.detector import detect
from jointaware.mocap.resample import resample
from jointaware.mocap.sources import Detections, read_detections, read_takes
from jointaware.mocap.take import Take
from jointaware.pose.camera import image_coordinates, normalize_screen, project, world_to_camera
from jointaware.pose.skeleton import MIRRORED, ROOT
from jointaware.progress import follow
from stages.command import parser, run

RIG = "S1"
"""The Human3.6M subject whose cameras see the subjects that have none of their own."""

UNPLACED = ("cmu", "arrays")
"""Sources that were not made for Human3.6M's cameras: takes are moved between them and turned by `preprocess.yaws`."""


@dataclass(frozen=True)
class View:
    """One camera's look at a take, with the subject turned by a yaw."""

    camera: Camera
    yaw: float

    @property
    def name(self) -> str:
        """The camera, and the turn where there is one."""
        return f"{self.camera.id}@{self.yaw:g}" if self.yaw else self.camera.id


@dataclass(frozen=True)
class Observation:
    """A view of a take: one sequence. frames: those of the take that are kept."""

    take: Take
    view: View
    split: str
    frames: slice


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    parameters = load(arguments.params)
    data, settings = parameters["data"], parameters["preprocess"]
    split = settings["subjects"][data["source"]]
    subjects = split["train"] + split["test"]
    check_manifest(arguments.manifest, data["source"])
    takes = prepare(read_takes(data, arguments.raw, subjects, settings["skip_takes"]), data["source"], settings)
    if missing := [subject for subject in subjects if subject not in {take.subject for take in takes}]:
        raise InputError(f"preprocess.subjects.{data['source']}: found no take of {missing[0]}, expected at least one")
    takes.sort(key=lambda take: subjects.index(take.subject))
    splits = assign_splits(takes, split, settings["validation_every"])
    views = {subject: see(subject, data["source"], settings) for subject in subjects}
    observations = [
        Observation(take, view, splits[take.name], choose_frames(len(take.joints), splits[take.name], settings))
        for take in takes
        for view in views[take.subject]
    ]
    table = lay_out(observations)
    detections = read_detections(data, arguments.raw, subjects, settings["fps"])
    mirrored = MIRRORED if detections is None else detections.mirrored
    with writing_sequences(arguments.sequences, table, mirrored_keypoints=mirrored) as write:
        rows = zip(observations, table["start"], strict=True)
        for observation, start in follow(rows, "what the cameras see", total=len(observations), unit="sequences"):
            write(start, observe(observation, detections, data["source"], settings))
    if detections is not None and detections.trimmed:
        print(f"left out {detections.trimmed} frames of keypoints that go on after the joints")
    write_json(arguments.cameras, {subject: [_describe(view) for view in seen] for subject, seen in views.items()})
    write_record(
        arguments.sequences.with_name(RECORD),
        made=(arguments.sequences, arguments.sequences.with_suffix(".csv"), arguments.cameras),
        made_from=[arguments.manifest],
        parameters={"data": {key: data[key] for key in ("source", "h36m")}, "preprocess": settings},
    )
    for name, rows in table.groupby("split", sort=False):
        who = ", ".join(rows["subject"].unique())
        print(f"{name}: {rows['frames'].sum()} frames in {len(rows)} sequences of {who}")


def check_manifest(manifest: Path, source: str) -> None:
    """Refuse files that are not those that fetch brought."""
    listed = json.loads(manifest.read_text(encoding="utf-8"))
    if listed["source"] != source:
        raise InputError(f"{manifest}: lists files of {listed['source']}, expected {source}; run fetch again")
    for file in follow(listed["files"], "checking", total=len(listed["files"]), unit="files"):
        if sha256(Path(file["path"])) != file["sha256"]:
            raise InputError(f"{file['path']}: is not the file that {manifest} lists; run fetch again")


def prepare(takes: Iterable[Take], source: str, settings: dict[str, Any]) -> list[Take]:
    """Takes of the chosen actions in the pipeline's frame rate; those without cameras are centred between ours."""
    prepared, actions, known = [], settings["actions"], set()
    for take in follow(takes, "reading", total=None, unit="takes"):
        known.add(take.action)
        if actions and take.action not in actions:
            continue
        skipped = settings["skip_frames"].get(take.name, 0)
        if skipped >= len(take.joints):
            key = f"preprocess.skip_frames.{take.name}"
            raise InputError(f"{key}: found {skipped}, expected less than the take's {len(take.joints)} frames")
        joints = resample(take.joints[skipped:], take.fps, settings["fps"])
        if source in UNPLACED:
            joints = joints - joints[:, ROOT].mean(axis=0) * np.array([1, 1, 0], joints.dtype)
        prepared.append(replace(take, joints=joints, fps=settings["fps"]))
    if unknown := [action for action in actions if action not in known]:
        raise InputError(f"preprocess.actions: found {unknown[0]}, expected some of {', '.join(sorted(known))}")
    return prepared


def assign_splits(takes: list[Take], subjects: dict[str, list[str]], validation_every: int) -> dict[str, str]:
    """The split of each take by name: test subjects apart, of the others every so many takes for validation.

    The count starts elsewhere for each subject, so that not all of them miss the same actions.
    """
    splits = {take.name: "test" if take.subject in subjects["test"] else "train" for take in takes}
    for offset, subject in enumerate(subjects["train"]):
        names = [take.name for take in takes if take.subject == subject]
        if validation_every:
            splits |= dict.fromkeys(
                names[validation_every - 1 - offset % validation_every :: validation_every], "validation"
            )
    empty = {"train", "test"} | ({"validation"} if validation_every else set())
    for split in sorted(empty - set(splits.values())):
        raise InputError(f"preprocess: the split {split} is empty; expected at least one take of {subjects}")
    return splits


def see(subject: str, source: str, settings: dict[str, Any]) -> list[View]:
    """The views of a subject: every camera at every yaw."""
    rigs = load_cameras()
    rig = rigs.get(subject, rigs[RIG])
    yaws = settings["yaws"] if source in UNPLACED else [0]
    return [View(rig[camera], yaw) for yaw in yaws for camera in settings["cameras"]]


def choose_frames(frames: int, split: str, settings: dict[str, Any]) -> slice:
    """Which frames of a take are kept: every so many, and of training one stretch, chosen as VideoPose3D chooses it.

    Where the stretch begins depends on the number of frames alone, so that all cameras keep the same.
    """
    step, share = settings["downsample"], settings["subset"]
    if split != "train" or share == 1:
        return slice(0, frames, step)
    kept = max(1, round(frames // step * share)) * step
    drawn = int.from_bytes(hashlib.sha256(str(frames).encode()).digest()[:4], "little") / (2**32 - 1)
    start = max(0, int(drawn * (frames - kept + 1)))
    return slice(start, start + kept, step)


def lay_out(observations: list[Observation]) -> pd.DataFrame:
    """The table of sequences, end to end."""
    rows = [
        {
            "subject": each.take.subject,
            "action": each.take.action,
            "subaction": each.take.subaction,
            "camera": each.view.name,
            "frames": len(each.take.joints[each.frames]),
            "split": each.split,
            "fps": each.take.fps / each.frames.step,
        }
        for each in observations
    ]
    table = pd.DataFrame(rows)
    table["start"] = table["frames"].cumsum() - table["frames"]
    return table


def observe(
    observation: Observation, detections: Detections | None, source: str, settings: dict[str, Any]
) -> dict[str, np.ndarray]:
    """The arrays of `jointaware.artifacts.sequences` for one sequence."""
    take, view = observation.take, observation.view
    joints, pixels = look(take, view)
    if detections is not None:
        pixels = detections.of(take, view.camera.id, skipped=settings["skip_frames"].get(take.name, 0))
    elif source != "h36m":
        pixels = _detect(pixels, f"{take.name}/{view.name}", **settings["detector"])
    joints, pixels = joints[observation.frames], pixels[observation.frames]
    screen = normalize_screen(torch.tensor(pixels), view.camera.width, view.camera.height)
    root = joints[:, ROOT]
    return {"keypoints": screen.numpy(), "joints": joints - root[:, None], "root": root}


def look(take: Take, view: View) -> tuple[np.ndarray, np.ndarray]:
    """Joints in the camera's frame, (frames, 17, 3) metres, and where they lie in its image, (frames, 17, 2) pixels."""
    camera = view.camera
    orientation, translation, intrinsics = (
        torch.from_numpy(value) for value in (camera.orientation, camera.translation, camera.intrinsics)
    )
    joints = world_to_camera(torch.from_numpy(_turn(take.joints, view.yaw)), orientation, translation)
    pixels = image_coordinates(project(joints, intrinsics), camera.width, camera.height)
    return joints.numpy(), pixels.numpy()


def _detect(pixels: np.ndarray, name: str, *, seed: int, **settings: float) -> np.ndarray:
    """What the simulated detector finds; its errors depend on the seed and the name of the sequence alone."""
    return detect(pixels, **settings, rng=np.random.default_rng([seed, zlib.crc32(name.encode())]))


def _turn(joints: np.ndarray, yaw: float) -> np.ndarray:
    """Joints turned about the vertical by a yaw in degrees, (frames, 17, 3) metres, world."""
    sine, cosine = np.sin(np.radians(yaw)), np.cos(np.radians(yaw))
    return joints @ np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]], joints.dtype)


def _describe(view: View) -> dict[str, Any]:
    camera = view.camera
    return {
        "camera": view.name,
        "width": camera.width,
        "height": camera.height,
        "intrinsics": camera.intrinsics.tolist(),
        "orientation": camera.orientation.tolist(),
        "translation": camera.translation.tolist(),
    }


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (data.source and preprocess)")
    command.add_argument("--raw", type=Path, required=True, help="folder that fetch wrote")
    command.add_argument("--manifest", type=Path, required=True, help="what fetch brought")
    command.add_argument("--sequences", type=Path, required=True, help="safetensors to write, and a table beside it")
    command.add_argument("--cameras", type=Path, required=True, help="JSON to write: the cameras of each subject")
    return command.parse_args()


if __name__ == "__main__":
    run(main)

"""Turn motion into sequences: 2D keypoints and 3D joints of every take in each camera.

Reads the files listed in the manifest. Writes --sequences, a table next to it (same name, .csv), --cameras, and
record.json with the digests of all these. Sequences are written one at a time: only the takes and, if there are any,
the detections are held in memory.
"""

from __future__ import annotations

import argparse
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
import torch

from jointaware.artifacts.files import write_json
from jointaware.artifacts.parameters import Detector, Preprocess, load
from jointaware.artifacts.records import RECORD, check_listed, check_manifest, write_record
from jointaware.artifacts.sequences import Write, writing_sequences
from jointaware.artifacts.subjects import FOLD, Split, assign_splits
from jointaware.atomic import together
from jointaware.errors import InputError
from jointaware.mocap.detector import detect
from jointaware.mocap.loading import Loader
from jointaware.mocap.plausible import Judge, check_fps
from jointaware.mocap.plausible.keypoints import JOINT_AT, Distances, find_lost
from jointaware.mocap.plausible.poses import find_in_camera
from jointaware.mocap.plausible.takes import find_copies, find_in_take, find_lying
from jointaware.mocap.resample import resample
from jointaware.mocap.sources import SOURCES, Detections
from jointaware.mocap.take import Take
from jointaware.mocap.views import View, centre, look, views_of
from jointaware.mocap.wild import views as wild
from jointaware.mocap.wild.settings import Wild
from jointaware.pose.camera import normalize_screen
from jointaware.pose.skeleton import MIRRORED, ROOT
from jointaware.progress import follow
from stages.command import parser, run

AnyView = TypeVar("AnyView", View, wild.WildView)


@dataclass(frozen=True)
class Observation(Generic[AnyView]):
    """One sequence: a view of a take. frames: the frames of the take to keep."""

    take: Take
    view: AnyView
    split: str
    frames: slice


@together()
def main(argv: Sequence[str] | None = None) -> None:
    """Run the stage from the command line."""
    arguments = _arguments(argv)
    parameters = load(arguments.params)
    data, settings, split = parameters.data, parameters.preprocess, parameters.split
    source, subjects = SOURCES[data.source], split.subjects
    listed = check_manifest(arguments.manifest, data.source)
    loader = Loader(source, data.settings, Path(data.path), arguments.raw, subjects)
    judge = Judge(settings.allow)
    takes = prepare(loader.takes(settings.skip_takes), settings, judge, is_placed=source.is_placed)
    check_listed(takes, listed, arguments.manifest)
    if missing := [subject for subject in subjects if subject not in {take.subject for take in takes}]:
        raise InputError(f"preprocess.subjects.{data.source}: found no take of {missing[0]}, expected at least one")
    takes.sort(key=lambda take: subjects.index(take.subject))
    splits = assign_splits(takes, split, settings.validation_every)
    check_fps(settings.fps / settings.downsample, "preprocess.fps over preprocess.downsample")
    writing = partial(writing_sequences, arguments.sequences, allow=settings.allow)
    if settings.wild is not None:
        table, cameras, distance = write_wild(takes, splits, split, settings, settings.wild, judge, writing)
    else:
        yaws = (0.0,) if source.is_placed else settings.yaws
        views = {subject: views_of(subject, settings.cameras, yaws) for subject in subjects}
        observations = [
            Observation(take, view, splits[take.name], choose_frames(len(take.joints), splits[take.name], settings))
            for take in takes
            for view in views[take.subject]
        ]
        table = lay_out(observations, split)
        detections = loader.detections(settings.fps)
        detector = settings.detector if source.detections is None else None
        mirrored = MIRRORED if detections is None else detections.mirrored
        layout = "h36m" if detections is None else detections.layout
        with writing(table, mirrored_keypoints=mirrored, layout=layout) as write:
            distance = write_views(write, observations, table["start"], detections, detector, settings, judge)
        cameras = {subject: [view.describe() for view in seen] for subject, seen in views.items()}
    write_json(arguments.cameras, cameras, digits=None)
    write_record(
        arguments.sequences.with_name(RECORD),
        made=(arguments.sequences, arguments.sequences.with_suffix(".csv"), arguments.cameras),
        made_from=[arguments.manifest],
        parameters={
            "data": {"source": data.source, data.source: data.settings.model_dump(mode="json")},
            "preprocess": settings.model_dump(mode="json"),
        },
        plausibility={"keypoint_distance_pixels": distance, "unusual": judge.summary()},
    )
    for check, message in judge.summary().items():
        print(f"unusual, allowed: {check}: {message}")
    for name, rows in table.groupby("split", sort=False):
        who = ", ".join(rows["subject"].unique())
        print(f"{name}: {rows['frames'].sum()} frames in {len(rows)} sequences of {who}")


def prepare(takes: Iterable[Take], settings: Preprocess, judge: Judge, *, is_placed: bool) -> list[Take]:
    """Takes of the chosen actions at the pipeline's frame rate, centred between the cameras unless placed there.

    What is kept of each is checked for plausibility.
    """
    prepared, known = [], set()
    for take in follow(takes, "reading", total=None, unit="takes"):
        known.add(take.action)
        if settings.actions and take.action not in settings.actions:
            continue
        skipped = settings.skip_frames.get(take.name, 0)
        if skipped >= len(take.joints):
            key = f"preprocess.skip_frames.{take.name}"
            raise InputError(f"{key}: found {skipped}, expected less than the take's {len(take.joints)} frames")
        take = replace(take, joints=take.joints[skipped:])
        judge.hear(find_in_take(take, first=skipped))
        joints = resample(take.joints, take.fps, settings.fps)
        prepared.append(replace(take, joints=joints if is_placed else centre(joints), fps=settings.fps))
    if unknown := [action for action in settings.actions if action not in known]:
        raise InputError(f"preprocess.actions: found {unknown[0]}, expected some of {', '.join(sorted(known))}")
    judge.hear(find_lying(prepared))
    judge.hear(find_copies(prepared))
    return prepared


def choose_frames(frames: int, split: str, settings: Preprocess) -> slice:
    """Frames of a take to keep: every n-th, and for training one contiguous subset, drawn as in VideoPose3D.

    The start of the subset depends on the number of frames alone, so that all cameras keep the same frames.
    """
    step, share = settings.downsample, settings.subset
    if split != "train" or share == 1:
        return slice(0, frames, step)
    kept = max(1, round(frames // step * share)) * step
    drawn = int.from_bytes(hashlib.sha256(str(frames).encode()).digest()[:4], "little") / (2**32 - 1)
    start = max(0, int(drawn * (frames - kept + 1)))
    return slice(start, start + kept, step)


def lay_out(observations: Sequence[Observation[Any]], subjects: Split) -> pd.DataFrame:
    """Table of sequences, in the order in which their frames are concatenated; with folds, with their numbers."""
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
    if subjects.folds:
        folds = {subject: number for number, group in enumerate(subjects.folds) for subject in group}
        table[FOLD] = table["subject"].map(folds)
    return table


def write_views(
    write: Write,
    observations: Sequence[Observation[View]],
    starts: Iterable[int],
    detections: Detections | None,
    detector: Detector | None,
    settings: Preprocess,
    judge: Judge,
) -> float | None:
    """Write every sequence; returns the median distance of keypoints from projected joints, in pixels.

    starts: first frame of each. Keypoints are detected, simulated, or else the projected joints, without a distance.
    """
    distances = Distances(JOINT_AT.get(detections.layout, {}) if detections else JOINT_AT["h36m"])
    surplus = 0
    rows = zip(observations, starts, strict=True)
    for observation, start in follow(rows, "camera views", total=len(observations), unit="sequences"):
        take, view = observation.take, observation.view
        joints, projected = look(take, view)
        pixels = projected
        where = f"{take.name}, camera {view.name}"
        judge.hear(find_in_camera(joints[:, ROOT], where))
        if detections is not None:
            skipped = settings.skip_frames.get(take.name, 0)
            pixels, beyond = detections.of(take, view.camera.id, skipped=skipped)
            surplus += beyond
            judge.hear(find_lost(pixels, where))
            distances.add(pixels, projected, where)
        elif detector is not None:
            rng = np.random.default_rng([detector.seed, zlib.crc32(f"{take.name}/{view.name}".encode())])
            pixels = simulate(projected, 1.0, rng, detector=detector)
            distances.add(pixels, projected, where)
        write(start, to_arrays(observation, joints, pixels))
    if surplus:
        print(f"left out {surplus} frames of keypoints beyond the end of the joints")
    median = distances.median()
    if median is not None:
        print(f"keypoints are {median:.3g} pixels from the projected joints in the median")
    if detections is not None:
        judge.hear(distances.find())
    return median


def write_wild(
    takes: Sequence[Take],
    splits: Mapping[str, str],
    subjects: Split,
    settings: Preprocess,
    views: Wild,
    judge: Judge,
    writing: Callable[..., AbstractContextManager[Write]],
) -> tuple[pd.DataFrame, dict[str, list[dict[str, object]]], float | None]:
    """Write made-up views of all takes; returns their table, the cameras by take, and the mean noise in pixels."""
    fps = settings.fps / settings.downsample
    observations = [
        Observation(take, view, splits[take.name], frames)
        for take in takes
        for view, frames in wild.wild_views(
            choose_frames(len(take.joints), splits[take.name], settings),
            views=views.views if splits[take.name] == "train" else views.test_views,
            longest=views.seconds * fps,
        )
    ]
    table, cameras, noise = lay_out(observations, subjects), defaultdict(list), []
    rows = zip(observations, table["start"], strict=True)
    detects = partial(simulate, detector=settings.detector)
    with writing(table, **wild.form_of(views)) as write:
        for observation, start in follow(rows, "made-up views", total=len(observations), unit="sequences"):
            take, name = observation.take, observation.view.name
            joints = take.joints[observation.frames]
            seen = wild.see(joints, f"{take.name}/{name}", settings=views, fps=fps, detect=detects)
            judge.hear(find_in_camera(seen.arrays["root"], f"{take.name}, camera {name}"))
            write(start, seen.arrays)
            noise.append(seen.noise)
            cameras[take.name].append(View(replace(seen.camera, id=name), 0.0).describe())
    return table, cameras, float(np.mean(noise))


def simulate(pixels: np.ndarray, share: float, rng: np.random.Generator, *, detector: Detector) -> np.ndarray:
    """Keypoints of the simulated detector, with a multiple of its noise."""
    settings = detector.model_dump(exclude={"seed"})
    return detect(pixels, **settings | {"std_pixels": share * detector.std_pixels}, rng=rng)


def to_arrays(observation: Observation[View], joints: np.ndarray, pixels: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays of `jointaware.artifacts.sequences` for one sequence.

    joints, pixels: (frames, 17, 3) metres, camera frame, and (frames, 17, 2), for all frames of the take.
    """
    camera, joints = observation.view.camera, joints[observation.frames]
    screen = normalize_screen(torch.tensor(pixels[observation.frames]), camera.width, camera.height)
    root = joints[:, ROOT]
    return {"keypoints": screen.numpy(), "joints": joints - root[:, None], "root": root}


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--params", type=Path, required=True, help="parameters (data and preprocess)")
    command.add_argument("--raw", type=Path, required=True, help="folder that fetch wrote")
    command.add_argument("--manifest", type=Path, required=True, help="what fetch brought")
    command.add_argument("--sequences", type=Path, required=True, help="safetensors to write, with a table next to it")
    command.add_argument("--cameras", type=Path, required=True, help="JSON to write: the cameras of each subject")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)

"""MRPE of `jointaware lift` on made-up views of held-out people: how far from its true place it puts a person."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from jointaware.artifacts.parameters import Parameters
from jointaware.mocap.keypoints.video import Person, Video
from jointaware.mocap.loading import Loader
from jointaware.mocap.plausible import Judge
from jointaware.mocap.sources import SOURCES
from jointaware.mocap.wild.settings import Wild
from jointaware.mocap.wild.views import Seen, see, wild_views
from jointaware.pose.metrics import mrpe
from jointaware.progress import follow
from jointaware.video.lift import Choices, Lifter, lift_person, open_lifter
from stages.preprocess import choose_frames, prepare, simulate

FOCALS = {"mrpe_mm": True, "mrpe_assumed_mm": False}
"""Columns: whether `lift` is told the focal length, or assumes one."""


def root_errors(network: Path, parameters: Parameters, raw: Path, views: Wild) -> pd.DataFrame:
    """A row for every view of the test people, as preprocess made them: who, the camera, and `FOCALS`.

    raw: folder that fetch filled. views: the settings of the views.
    """
    settings, lifter = parameters.preprocess, open_lifter(network)[0]
    data, fps = parameters.data, settings.fps / settings.downsample
    people = parameters.split.test or parameters.split.subjects  # with folds everyone is tested
    source = SOURCES[data.source]
    loader = Loader(source, data.settings, Path(data.path), raw, people)
    takes = prepare(loader.takes(settings.skip_takes), settings, Judge(settings.allow), is_placed=source.is_placed)
    detect, rows = partial(simulate, detector=settings.detector), []
    for take in follow(takes, "lifting", total=len(takes), unit="takes"):
        kept = choose_frames(len(take.joints), "test", settings)
        for view, frames in wild_views(kept, views=views.test_views, longest=views.seconds * fps):
            name = f"{take.name}/{view.name}"
            seen = see(take.joints[frames], name, settings=views, fps=fps, detect=detect)
            errors = {column: _error(lifter, seen, fps, name, is_known) for column, is_known in FOCALS.items()}
            who = {"subject": take.subject, "action": take.action, "subaction": take.subaction, "camera": view.name}
            rows.append(who | errors)
    return pd.DataFrame(rows)


def _error(lifter: Lifter, seen: Seen, fps: float, name: str, is_known: bool) -> float:
    """Mean over the frames of a view, millimetres."""
    size = (seen.camera.width, seen.camera.height)
    person = Person("1", seen.pixels, np.ones(seen.pixels.shape[:2], np.float32))
    choices = Choices(focal=float(seen.camera.intrinsics[0]) * size[0] / 2 if is_known else None)
    lifted, _ = lift_person(lifter, Video(Path(name), lifter.layout, fps, size, (person,)), person, choices, name)
    return 1000 * float(mrpe(torch.from_numpy(lifted.root), torch.from_numpy(seen.arrays["root"])).mean())

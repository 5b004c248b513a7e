"""The CMU motion capture database as a source: download its files, read its takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from jointaware.download import check_digest, digest_of, download
from jointaware.mocap.cmu import index, trials
from jointaware.mocap.cmu.digests import read_digests, record_digests
from jointaware.mocap.cmu.takes import read_take, to_h36m17
from jointaware.mocap.sources import CmuSettings
from jointaware.mocap.take import Take
from jointaware.progress import follow


def fetch(settings: CmuSettings, path: Path, raw: Path, subjects: Sequence[str]) -> dict[Path, str]:
    """Download the chosen trials and their skeletons, and check each file against its SHA-256.

    A file whose digest is not known has to be readable; its digest is then recorded.
    """
    wanted, record = list(trials.chosen(settings, subjects)), Path(settings.digests)
    files = {name: trial.subject for trial in wanted for name in (trial.skeleton, trial.motion)}
    known, recorded = trials.known_digests(), read_digests(record)
    accept = f"recorded in {record} when it was first fetched; to accept the new file, delete its line there"
    origins = {}
    for name, subject in follow(files.items(), "CMU motion", total=len(files), unit="files"):
        url, target = f"{settings.url.rstrip('/')}/{name}", raw / name
        download(url, target, hint=f"{index.about(subject)}; data.cmu.url may name a copy, as file:///path")
        if name in known:
            check_digest(target, known[name], origin=url, expected=known[name])
        elif name in recorded:
            check_digest(target, recorded[name], origin=url, expected=f"{recorded[name]}, {accept}")
        origins[target] = url
    if new := [name for name in files if name not in known and name not in recorded]:
        for trial in wanted:
            if trial.skeleton in new or trial.motion in new:
                read_take(raw / trial.skeleton, raw / trial.motion)
        record_digests(record, recorded | {name: digest_of(raw / name) for name in new})
    return origins


def read(
    settings: CmuSettings, path: Path, raw: Path, subjects: Sequence[str], skipped: Collection[str]
) -> Iterator[Take]:
    """Yield the takes of the subjects from the folder of fetched files."""
    for trial in trials.chosen(settings, subjects):
        if trial.name not in skipped:
            motion = raw / trial.motion
            joints = to_h36m17(read_take(raw / trial.skeleton, motion)).astype(np.float32)
            yield Take(trial.subject, trial.action, trial.subaction, joints, trial.fps, where=str(motion))

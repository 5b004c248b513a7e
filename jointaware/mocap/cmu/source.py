"""The CMU motion capture database as a source: download its files, read its takes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from jointaware.mocap.cmu import takes
from jointaware.mocap.download import check_digest, download
from jointaware.mocap.sources import CmuSettings
from jointaware.mocap.take import Take
from jointaware.progress import follow


def fetch(settings: CmuSettings, path: Path, raw: Path, subjects: Sequence[str]) -> dict[Path, str]:
    """Download the takes of `cmu_takes.csv` and their skeletons, and check each file against its SHA-256."""
    origins: dict[Path, str] = {}
    digests = takes.files()
    for name, digest in follow(digests.items(), "CMU motion", total=len(digests), unit="files"):
        url = f"{settings.url.rstrip('/')}/{name}"
        target = raw / name
        download(url, target, hint="data.cmu.url may name a copy, as file:///path")
        check_digest(target, digest, origin=url, expected=digest)
        origins[target] = url
    return origins


def read(
    settings: CmuSettings, path: Path, raw: Path, subjects: Sequence[str], skipped: Collection[str]
) -> Iterator[Take]:
    """Yield the takes of the subjects from the folder of fetched files."""
    return takes.read_takes(raw, subjects, skipped=skipped)

"""Load motion from any source: resolve the functions that its row in `SOURCES` names, and call them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

from jointaware.mocap.sources import Detections, Fetch, Missing, Read, ReadDetections, Settings, Source
from jointaware.mocap.take import Take


@dataclass(frozen=True)
class Loader:
    """A source together with its settings, the user's folder, the folder of fetched files, and the subjects."""

    source: Source
    settings: Settings
    path: Path
    raw: Path
    subjects: Sequence[str]

    def missing(self) -> str | None:
        """What the user still has to provide, in one line; None if nothing."""
        if self.source.missing is None:
            return None
        function: Missing = resolve_name(self.source.missing)
        return function(self.settings, self.path, self.subjects)

    def fetch(self) -> dict[Path, str]:
        """Bring the files into `raw`, or locate those that stay in `path`; returns the origin of each."""
        function: Fetch = resolve_name(self.source.fetch)
        return function(self.settings, self.path, self.raw, self.subjects)

    def takes(self, skipped: Collection[str] = ()) -> Iterator[Take]:
        """The takes of the subjects one at a time, except those whose name is in `skipped`."""
        function: Read = resolve_name(self.source.read)
        return function(self.settings, self.path, self.raw, self.subjects, skipped)

    def detections(self, fps: float) -> Detections | None:
        """Detected keypoints at this frame rate, if the source has them and its settings ask for them."""
        if self.source.detections is None:
            return None
        function: ReadDetections = resolve_name(self.source.detections)
        return function(self.settings, self.path, self.raw, self.subjects, fps)

"""Write docs/index.html: the report of the demo for those who have not run it, from what is in git and the demo's runs.

It is the page of `stages.report` with one thing more, a real video lifted to 3D (tests/reference/real-video), and is in
git itself, so that a visitor sees it without training. That is why it is no stage: it is of the demo, whatever
params.yaml holds, and motion of other sources never enters it. With --check nothing is written; the exit status says
whether the page is of the files that are in git now.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.lineage.chain import Places
from jointaware.mocap.keypoints.loading import read_video
from jointaware.mocap.keypoints.video import Told
from jointaware.report.page import Shelf, collect, render
from jointaware.video.lift import Choices, lift_person, open_lifter
from jointaware.video.page import motion
from stages.command import parser
from workflow.site.current import check, digests

PAGE = Path("docs/index.html")
PARAMS = Path("params.yaml")
SOURCE = "synthetic"
NETWORK = Path("networks/wild.safetensors")
VIDEO = Path("tests/reference/real-video/cam01.npz")
ABOUT_VIDEO = (
    "Someone walks: 2D keypoints that MediaPipe found in a demo video of Pose2Sim (David Pagnon, BSD-3-Clause, "
    f"nothing of the video itself is here), and the 3D joints that `{NETWORK}` makes of them. It shows that real "
    "detections are taken, not how good the joints are."
)
SHELF = Shelf(Path("profiles"), Path("bench/results"), Path("results/studies"))
MADE_FROM = (
    PARAMS, "paper", *SHELF, "results/tables", "results/figures", "results/claims.csv", "results/inconsistencies.csv",
    "results/record.json", "jointaware/report", VIDEO.parent, NETWORK,
)  # fmt: skip
"""What is in git of what the page shows: of motion and the demo's networks, results/record.json has the digests."""
LARGEST = 6_000_000
"""Bytes."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    if _arguments(argv).check:
        check(PAGE, MADE_FROM)
        return
    parameters = load(PARAMS)
    if parameters.data.source != SOURCE:
        found = parameters.data.source
        raise InputError(f"{PARAMS}: data.source: found {found}, expected {SOURCE}: {PAGE} is passed on with git")
    content, warnings = collect(parameters, Places(), SHELF)
    text = render(
        content | {"video": lift(VIDEO), "about_video": ABOUT_VIDEO, "made_from": digests(MADE_FROM)}, warnings
    )
    if (size := len(text.encode())) > LARGEST:
        raise InputError(f"{PAGE}: found {size / 1e6:.1f} MB, expected at most {LARGEST / 1e6:.0f}")
    write_text(PAGE, text)
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"{PAGE}: {size / 1e6:.1f} MB")


def lift(path: Path) -> dict[str, Any]:
    """The one person in a video, smoothed, for the player."""
    video = read_video(path, Told())
    [person] = video.people
    take, _ = lift_person(open_lifter(NETWORK)[0], video, person, Choices(is_smoothed=True), path.stem)
    return motion([take])


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--check", action="store_true", help="only check that the page is up to date")
    return command.parse_args(argv)

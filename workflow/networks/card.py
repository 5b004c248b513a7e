"""The model card of the networks of `jointaware lift`, Markdown, from the records beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from jointaware.mocap.keypoints.layouts import LAYOUTS
from workflow.networks import real_video

ERRORS = {
    "p_mpjpe_mm": "P-MPJPE, mm",
    "mpjpe_mm": "MPJPE, mm",
    "mpjae_mm_per_frame2": "MPJAE, mm/frame²",
    "mrpe_mm": "MRPE, mm",
    "mrpe_assumed_mm": "MRPE, focal length assumed, mm",
}
"""Columns of by_sequence.csv and of `workflow.networks.root_errors`, and their words."""
COLUMNS = ("file", "keypoints", "SHA-256", "weights", "sees", "epochs", "trained on")
CARD = """
# Networks of `jointaware lift`

Written by `python -m workflow.networks`; the numbers are from the records beside the networks. They lift the keypoints
of one person at {fps:g} frames/s, without their place and size in the image, to 17 joints in metres. `lift` takes the
first that the keypoints suit, resamples and normalises, and turns the pose to where the person is; streams (`--follow`)
need a causal network. `profiles/wild.yaml` and `profiles/wild_h36m.yaml` train them:
[docs/your-own-video.md](../docs/your-own-video.md#networks).

{networks}

## Trained on

Motion capture of {train}: 01 to 03 are subjects of CMU's database, P1 to P6 walk, run, jump and play
basketball, CMU's motion on bodies of other proportions. The data was obtained from mocap.cs.cmu.edu; the database was
created with funding from NSF EIA-0196217. Every piece of at most {seconds:g} s is seen {views} times, {frames:,}
frames in all: each time by another camera, from any side, {nearest:g} to {farthest:g} m away and {lowest:g} to
{highest:g} m high, on a body whose bones are longer or shorter ({proportions:.0%}) and whose limbs are turned
({posture:g}°). Keypoints have constant offsets ({misplacement:g} m), noise that lasts ({std_pixels:g} pixels of a
person 500 pixels tall), outliers, gaps, and left and right exchanged. In brackets are standard deviations. All bodies
are equally large, because size cannot be seen.

## Errors by held-out person and camera

{test} are not trained on, nor are the cameras that see them; keypoints have all faults of the simulated detector. The
parameters were chosen on held-out people too, so that new ones may fare a little worse. MRPE is the error of the root's
place in the camera frame, of what `lift` finds: with the camera's focal length (`--focal`), and without. These cameras'
focal lengths grow with their distance, so that an assumed one is far off.

{held_out}

## On a real video

MediaPipe's keypoints of one walk in two cameras, without smoothing
([tests/reference/real-video](../tests/reference/real-video/README.md)): one constant pose has {constant:.0f} mm,
MediaPipe's own 3D joints {mediapipe:.0f} mm in the mean of four cameras. No parameter was chosen on it; but that `lift`
puts exchanged sides right was prompted by the second camera, where MediaPipe exchanges them for half a second.

{real}

## What they cannot do

- Tell how large a person is: everybody is some 1.7 m tall, and distances scale with that.
- Motion unlike that above: lying, crawling, acrobatics, sitting for long; children's proportions.
- People who are cut off by the image's edge, or hidden for longer than `lift` bridges.
- Tell front from back where nose, eyes and ears are wrong or not detected. Depth is the least certain axis everywhere.
- Layouts from which neither COCO's keypoints nor Human3.6M's can be made.
"""


def card(records: Mapping[str, Mapping[str, Any]]) -> str:
    """The card of all networks; records: what `workflow.networks` wrote, by name."""
    first = next(iter(records.values()))
    preprocess, splits = first["data"]["preprocess"], pd.DataFrame(first["data"]["sequences"]).groupby("split")
    who = {split: ", ".join(rows["subject"]) for split, rows in splits}
    return CARD.lstrip("\n").format(
        fps=first["input"]["fps"],
        networks=_table(COLUMNS, [_network(name, record) for name, record in records.items()]),
        train=who["train"],
        test=who["test"],
        frames=splits.get_group("train")["frames"].sum(),
        **preprocess["wild"],
        **{key: preprocess["detector"][key] for key in ("std_pixels",)},
        held_out=_table(
            ("network", "by", "", "sequences", *ERRORS.values()),
            [
                (f"`{name}`", what, each["of"], each["sequences"], *(f"{each[error]:.1f}" for error in ERRORS))
                for name, record in records.items()
                for what, rows in record["held_out"].items()
                for each in rows
            ],
        ),
        constant=real_video.CONSTANT_MM,
        mediapipe=real_video.MEDIAPIPE_MM,
        real=_table(
            ("network", "camera", "P-MPJPE, mm", "jitter, mm/frame²"),
            [
                (f"`{name}`", camera, f"{each['p_mpjpe_mm']:.0f}", f"{each['jitter_mm']:.1f}")
                for name, record in records.items()
                for camera, each in record["real_video"].items()
            ],
        ),
    )


def _network(name: str, record: Mapping[str, Any]) -> tuple[object, ...]:
    """A row on a file."""
    trained, made, seen = record["run"], record["provenance"], record["input"]
    when = " up to the present" if trained["parameters"]["network"]["causal"] else ""
    return (
        f"[{name}.safetensors]({name}.safetensors)",
        LAYOUTS[seen["layout"]].words,
        f"`{trained['network_sha256']}`",
        f"{trained['weights']:,}",
        f"{seen['receptive_field']} frames, {seen['receptive_field'] / seen['fps']:.1f} s{when}",
        trained["parameters"]["epochs"],
        f"{made['device']}, {made['seconds']:.0f} s",
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)

"""Score predicted joints against the true ones.

Writes to --out metrics.json, by_action.csv, by_subject.csv, by_joint.csv, by_sequence.csv, for every test frame
frame_errors.safetensors, and constraints.csv: how far the motion keeps to what bodies keep to. With --params the same
predictions are scored once more after a Savitzky-Golay filter, to --out/smoothed. record.json has the digests of what
was read and written.

As in VideoPose3D, a sequence counts by its frames within its action, also for velocity and acceleration, and the
published average is over actions, each counting the same. Differences never cross the border of a sequence.

Predictions made elsewhere are a safetensors or an npz file, in metres, in the camera's frame, relative to the root:
either `joints` (frames, 17, 3), all test sequences end to end as in the table beside --sequences, or such an array for
each test sequence under its name, as S9/Walking 1/54138969.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch
from safetensors.numpy import save_file
from torch import Tensor

from jointaware.analysis.smoothing import smooth
from jointaware.artifacts.files import write_json, writing
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import read_predictions
from jointaware.artifacts.records import RECORD, write_record
from jointaware.artifacts.sequences import open_sequences
from jointaware.errors import InputError
from jointaware.pose.constraints import bone_length_deviation, left_right_difference, limit_violation
from jointaware.pose.metrics import mpjae, mpjpe, mpjve, n_mpjpe, p_mpjpe
from jointaware.pose.skeleton import JOINTS
from jointaware.progress import follow
from stages.command import parser, run

METRICS = {
    "mpjpe_mm": mpjpe,
    "p_mpjpe_mm": p_mpjpe,
    "n_mpjpe_mm": n_mpjpe,
    "mpjve_mm_per_frame": mpjve,
    "mpjae_mm_per_frame2": mpjae,
}
JOINT_ORDERS = {"mpjpe_mm": 0, "mpjve_mm_per_frame": 1, "mpjae_mm_per_frame2": 2}
"""Metrics that exist for a single joint, and how often motion is differenced for them."""
SHORTEST = 3
"""Frames that an acceleration needs."""
METRES_TO_MM = 1000.0
CONSTRAINTS = {
    "bone_length_deviation_mm": (METRES_TO_MM, bone_length_deviation),
    "left_right_difference_mm": (METRES_TO_MM, left_right_difference),
    "limit_violation_percent": (100.0, limit_violation),
}

Pair = tuple[Tensor, Tensor]
"""Predicted and true joints of a sequence, (frames, 17, 3) metres."""


def main() -> None:
    """Run the stage from the command line."""
    arguments = _arguments()
    sequences = open_sequences(arguments.sequences)
    table = sequences.of("test").reset_index(drop=True)
    if not table["frames"].max() >= SHORTEST:
        raise InputError(f"{arguments.sequences}: found no test sequence of {SHORTEST} frames, expected at least one")
    predicted = torch.from_numpy(read_predictions(arguments.predictions, sequences))
    target = torch.from_numpy(sequences.read("joints", "test"))
    predicted_parts, target_parts = (poses.split(table["frames"].tolist()) for poses in (predicted, target))
    pairs = list(zip(predicted_parts, target_parts, strict=True))
    made, parameters = write_scores(arguments.out, table, pairs), {}
    motions = {"predicted": predicted_parts, "true": target_parts}
    if arguments.params is not None:
        parameters = {"evaluate": load(arguments.params)["evaluate"]}
        settings = parameters["evaluate"]["savitzky_golay"]
        smoothed = [torch.from_numpy(smooth(poses.numpy(), **settings)) for poses in predicted_parts]
        made += write_scores(arguments.out / "smoothed", table, list(zip(smoothed, target_parts, strict=True)))
        motions["smoothed"] = smoothed
    with writing(arguments.out / "constraints.csv") as temporary:
        measure_constraints(motions).to_csv(temporary, index=False)
    write_record(
        arguments.out / RECORD,
        made=[*made, arguments.out / "constraints.csv"],
        made_from=(arguments.sequences, arguments.sequences.with_suffix(".csv"), arguments.predictions),
        parameters=parameters,
    )


def write_scores(out: Path, table: pd.DataFrame, pairs: list[Pair]) -> list[Path]:
    """All scores of (predicted, true) sequences as files, which are returned; table: what the sequences are."""
    frame_errors = score(pairs)
    by_sequence = table[["subject", "action", "subaction", "camera", "frames"]].copy()
    for metric, errors in frame_errors.items():
        by_sequence[metric] = [METRES_TO_MM * error.double().nanmean().item() for error in errors]
    by_action = average(by_sequence, "action")
    tables = {
        "by_sequence": by_sequence,
        "by_action": by_action,
        "by_subject": average(by_sequence, "subject"),
        "by_joint": score_joints(pairs),
    }
    for name, rows in tables.items():
        with writing(out / f"{name}.csv") as temporary:
            rows.to_csv(temporary, index=False)
    with writing(out / "frame_errors.safetensors") as temporary:
        save_file({metric: torch.cat(errors).numpy() for metric, errors in frame_errors.items()}, temporary)
    write_json(out / "metrics.json", {metric: by_action[metric].mean() for metric in METRICS})
    return [*(out / f"{name}.csv" for name in tables), out / "frame_errors.safetensors", out / "metrics.json"]


def score(pairs: list[Pair]) -> dict[str, list[Tensor]]:
    """Every metric of every frame of each (predicted, true) sequence, in metres.

    Velocity and acceleration stand at the last frame they look at; the frames before have none, a NaN.
    """
    errors: dict[str, list[Tensor]] = {metric: [] for metric in METRICS}
    for predicted, target in follow(pairs, "scoring", total=len(pairs), unit="sequences"):
        for metric, measure in METRICS.items():
            values = measure(predicted, target)
            none = values.new_full((len(target) - len(values),), torch.nan)
            errors[metric].append(torch.cat([none, values]))
    return errors


def score_joints(pairs: list[Pair]) -> pd.DataFrame:
    """Position, velocity and acceleration error of each joint over all test frames."""
    columns = {"joint": list(JOINTS)}
    for metric, order in JOINT_ORDERS.items():
        errors = [
            (predicted.diff(n=order, dim=0) - target.diff(n=order, dim=0)).norm(dim=-1) for predicted, target in pairs
        ]
        columns[metric] = (METRES_TO_MM * torch.cat(errors).double().mean(dim=0)).tolist()
    return pd.DataFrame(columns)


def average(by_sequence: pd.DataFrame, key: str) -> pd.DataFrame:
    """The mean of each metric over the sequences of each action or subject, weighted by frames.

    A sequence too short for a metric does not enter it.
    """
    rows = []
    for name, group in by_sequence.groupby(key, sort=True):
        row = {key: name, "sequences": len(group), "frames": group["frames"].sum()}
        for metric in METRICS:
            measured = group[group[metric].notna()]
            row[metric] = (measured[metric] * measured["frames"]).sum() / measured["frames"].sum()
        rows.append(row)
    return pd.DataFrame(rows)


def measure_constraints(motions: Mapping[str, Sequence[Tensor]]) -> pd.DataFrame:
    """Each of `CONSTRAINTS` for each motion, the mean over all test frames; the truth does not keep them all either."""
    rows = []
    for name, sequences in motions.items():
        values = {
            column: scale * torch.cat([measure(joints) for joints in sequences]).double().mean().item()
            for column, (scale, measure) in CONSTRAINTS.items()
        }
        rows.append({"motion": name, **values})
    return pd.DataFrame(rows)


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--sequences", type=Path, required=True, help="what preprocess wrote")
    command.add_argument("--predictions", type=Path, required=True, help="what predict wrote, or your own as above")
    command.add_argument("--params", type=Path, help="parameters (evaluate); without them nothing is smoothed")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    return command.parse_args()


if __name__ == "__main__":
    run(main)

"""Scores of predicted joints: errors by frame, sequence, action, subject and joint, and physical plausibility.

As in VideoPose3D, sequences are weighted by their frames within an action, for velocity and acceleration too, and the
published average is the unweighted mean over actions. Differences along frames never cross sequence boundaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from pkgutil import resolve_name

import pandas as pd
import torch
from safetensors.numpy import save_file
from torch import Tensor

from jointaware.artifacts.files import write_json, write_table
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.atomic import writing
from jointaware.pose.skeleton import JOINTS

Pair = tuple[Tensor, Tensor]
"""Predicted and true joints of a sequence, (frames, 17, 3) metres."""
FrameErrors = dict[str, list[Tensor]]
"""By metric, the error of each frame of every sequence, as the metric's function returns it: metres."""


def frames_needed() -> int:
    """Minimum frames of a sequence for which every metric is defined."""
    return 1 + max(metric.order or 0 for metric in METRICS.values())


def score(pairs: Iterable[Pair]) -> FrameErrors:
    """Every metric of each frame of every (predicted, true) sequence.

    Velocity and acceleration errors belong to the last frame they depend on; the frames before it are NaN.
    """
    measures = {name: resolve_name(metric.measure) for name, metric in METRICS.items()}
    errors: FrameErrors = {name: [] for name in measures}
    for predicted, target in pairs:
        for name, measure in measures.items():
            values = measure(predicted, target)
            missing = values.new_full((len(target) - len(values),), torch.nan)
            errors[name].append(torch.cat([missing, values]))
    return errors


def score_sequences(table: pd.DataFrame, frame_errors: FrameErrors) -> pd.DataFrame:
    """Mean of each metric over the frames of each sequence. table: rows of the table of sequences, in order."""
    means = {
        name: [metric.scale * error.double().nanmean().item() for error in frame_errors[name]]
        for name, metric in METRICS.items()
    }
    return table[["subject", "action", "subaction", "camera", "frames"]].assign(**means)


def score_joints(pairs: Sequence[Pair]) -> pd.DataFrame:
    """Mean error of each joint over all frames, for metrics that exist for a single joint."""
    columns: dict[str, list[str] | list[float]] = {"joint": list(JOINTS)}
    for name, metric in METRICS.items():
        if metric.order is None:
            continue
        errors = [
            (predicted.diff(n=metric.order, dim=0) - target.diff(n=metric.order, dim=0)).norm(dim=-1)
            for predicted, target in pairs
        ]
        columns[name] = (metric.scale * torch.cat(errors).double().mean(dim=0)).tolist()
    return pd.DataFrame(columns)


def average(by_sequence: pd.DataFrame, key: str) -> pd.DataFrame:
    """Mean of each metric over the sequences of each action or subject, weighted by frames.

    Sequences too short for a metric are left out of it.
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
    """Physical plausibility of each motion: mean of each of `CONSTRAINTS` over all frames, also of the true motion."""
    rows = []
    for name, sequences in motions.items():
        row: dict[str, str | float] = {"motion": name}
        for column, constraint in CONSTRAINTS.items():
            measure = resolve_name(constraint.measure)
            values = torch.cat([measure(joints) for joints in sequences])
            row[column] = constraint.scale * values.double().mean().item()
        rows.append(row)
    return pd.DataFrame(rows)


def write_scores(out: Path, table: pd.DataFrame, pairs: Sequence[Pair], frame_errors: FrameErrors) -> list[Path]:
    """Write all scores of (predicted, true) sequences into a folder; returns the paths written.

    table: rows of the table of sequences, in order. frame_errors: returned by `score`.
    """
    by_sequence = score_sequences(table, frame_errors)
    by_action = average(by_sequence, "action")
    tables = {
        out / "by_sequence.csv": by_sequence,
        out / "by_action.csv": by_action,
        out / "by_subject.csv": average(by_sequence, "subject"),
        out / "by_joint.csv": score_joints(pairs),
    }
    for path, rows in tables.items():
        write_table(path, rows)
    write_json(out / "metrics.json", {metric: float(by_action[metric].mean()) for metric in METRICS})
    return [*tables, out / "metrics.json"]


def write_frame_errors(path: Path, frame_errors: Mapping[str, FrameErrors]) -> None:
    """Write errors by frame, all sequences concatenated, as safetensors. frame_errors: by prefix of the array names."""
    arrays = {
        f"{prefix}{name}": torch.cat(sequences).numpy()
        for prefix, errors in frame_errors.items()
        for name, sequences in errors.items()
    }
    with writing(path) as temporary:
        save_file(arrays, temporary)

"""A folder with all that the stage aggregate reads, and the stage started in it."""

import contextlib
import json
from pathlib import Path

import pandas as pd
import pytest

from jointaware.artifacts.files import sha256
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.predictions import FILTERS
from jointaware.artifacts.records import write_record
from jointaware.artifacts.scores import MOTIONS
from jointaware.pose.skeleton import JOINTS
from stages import aggregate
from stages.command import run

ROOT = Path(__file__).parents[3]
ACTIONS = ("Walking", "Sitting")
OUTPUTS = ("tables/protocol1.md", "figures/actions.svg", "metrics.json", "claims.csv", "record.json")
EXPERIMENTS = ("baseline", "wide", "more_frames", "wide_clips", "joint_aware", "as_printed", "only_velocity")
ROLES = ("baseline", "wide", "more_frames", "clips", "ours", "as_printed", "ablation")
TRAINED = {"weights": 1000, "sequences_sha256": "", "network_sha256": "0" * 64}


def write_run(folder: Path, experiment: str, seed: int, error_mm: float) -> None:
    scores, model = (folder / kind / experiment / str(seed) for kind in ("runs", "models"))
    scores.mkdir(parents=True, exist_ok=True)
    model.mkdir(parents=True, exist_ok=True)
    values = dict.fromkeys(METRICS, error_mm)
    pd.DataFrame([{"action": action, **values} for action in ACTIONS]).to_csv(scores / "by_action.csv", index=False)
    keys = {"subject": "S9", "action": ACTIONS, "subaction": "", "camera": "c", "frames": 3}
    for variant in (scores, *(scores / name for name in FILTERS)):
        variant.mkdir(exist_ok=True)
        (variant / "metrics.json").write_text(json.dumps(values))
        pd.DataFrame(keys | values).to_csv(variant / "by_sequence.csv", index=False)
    measured = dict.fromkeys(CONSTRAINTS, 1.0)
    pd.DataFrame([{"motion": motion, **measured} for motion in MOTIONS]).to_csv(scores / "constraints.csv", index=False)
    per_joint = {name: error_mm for name, metric in METRICS.items() if metric.order is not None}
    pd.DataFrame([{"joint": joint, **per_joint} for joint in JOINTS]).to_csv(scores / "by_joint.csv", index=False)
    epochs = {"epoch": [1, 2], "loss": [0.2, 0.1], "train_mpjpe_mm": [200, 100], "held_out_mpjpe_mm": ["", ""]}
    pd.DataFrame(epochs).to_csv(model / "history.csv", index=False)
    describe(model, experiment=experiment, seed=seed)
    record(folder, experiment, seed)


def describe(model: Path, **facts: object) -> None:
    """Write the record of a training whose history is the one that is there."""
    digest = {"history_sha256": sha256(model / "history.csv")}
    (model / "run.json").write_text(json.dumps(TRAINED | digest | facts))


def record(folder: Path, experiment: str, seed: int) -> None:
    """Write the record of a run's scores as they are now."""
    scores, predictions = folder / f"runs/{experiment}/{seed}", folder / f"predictions/{experiment}/{seed}.safetensors"
    files = [path for path in scores.rglob("*.*") if path.name != "record.json"]
    made_from = [folder / "sequences.safetensors", *([predictions] if predictions.exists() else [])]
    write_record(scores / "record.json", made=files, made_from=made_from)


def start(folder: Path) -> None:
    """Call the stage as DVC does."""
    arguments = f"""--params params.yaml --sequences sequences.safetensors --models models
        --predictions predictions --smoothers smoothers --runs runs --paper {ROOT / "paper"} --out results"""
    with contextlib.chdir(folder):
        run(lambda: aggregate.main(arguments.split()))


def refusal(folder: Path, capsys) -> str:
    with pytest.raises(SystemExit) as ended:
        start(folder)
    message = capsys.readouterr().err
    assert ended.value.code == 2
    assert message.count("\n") == 1
    return message

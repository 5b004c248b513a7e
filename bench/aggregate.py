"""Measure aggregate: on data of the demo's size, and with 30 runs on data of Human3.6M's size.

The motion is the made-up one of `bench.human36m`. One run is scored by stages.evaluate; the other runs get copies of
its scores, with each error changed by a few percent. The experiments are those of profiles/paper.yaml and an ablation:
each term left out, each term alone. Writes bench/results/aggregate.csv.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from ruamel.yaml import YAML

from bench._table import row, write
from bench.human36m import FRAMES, ROOT, TEST_FRAMES, lay_out, run
from jointaware.artifacts.files import sha256
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Parameters, load
from jointaware.artifacts.predictions import write_predictions
from jointaware.artifacts.records import RECORD, write_record
from jointaware.artifacts.scores import CURVES, Run, runs_of
from jointaware.artifacts.sequences import open_sequences

OUT = ROOT / "bench/results/aggregate.csv"
DEMO_TEST_FRAMES, DEMO_EXPERIMENTS, DEMO_SEEDS = 28_800, 3, 2
EXPERIMENTS, SEEDS = 10, 3
MADE_OF_MOTION = "--params params.yaml --raw data/raw --manifest data/manifest.json"
SEQUENCES = "--sequences data/sequences.safetensors"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the benchmark."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--frames", type=int, default=FRAMES, help="over four cameras; default: %(default)s")
    command.add_argument("--experiments", type=int, default=EXPERIMENTS, help="3 to 17; default: %(default)s")
    command.add_argument("--seeds", type=int, default=SEEDS, help="of each experiment; default: %(default)s")
    command.add_argument("--repetitions", type=int, default=3, help="default: %(default)s")
    command.add_argument("--folder", type=Path, help="folder to keep the larger data in; default: a temporary one")
    command.add_argument("--out", type=Path, default=OUT, help="default: %(default)s")
    arguments = command.parse_args(argv)
    demo_frames = round(FRAMES * DEMO_TEST_FRAMES / TEST_FRAMES)
    with tempfile.TemporaryDirectory() as temporary:
        demo, large = Path(temporary) / "demo", arguments.folder or Path(temporary) / "large"
        rows = measure(demo, demo_frames, DEMO_EXPERIMENTS, DEMO_SEEDS, arguments.repetitions)
        rows += measure(large, arguments.frames, arguments.experiments, arguments.seeds, arguments.repetitions)
    write(arguments.out, rows)


def measure(folder: Path, frames: int, experiments: int, seeds: int, repetitions: int) -> list[dict[str, object]]:
    """Measure the stage on that many frames and runs."""
    folder.mkdir()
    test_frames = lay_out_runs(folder, frames, experiments, seeds)
    return measure_stage(folder, f"{experiments * seeds} runs, {test_frames} test frames", repetitions)


def measure_stage(folder: Path, of: str, repetitions: int) -> list[dict[str, object]]:
    """Seconds, processor seconds (which depend little on other load), and peak memory."""
    folders = "--models models --predictions predictions --smoothers smoothers --runs runs"
    paths = f"{folders} --paper {ROOT / 'paper'} --out results"
    seconds: list[float] = []
    busy: list[float] = []
    peaks: list[float] = []
    for _ in range(repetitions):
        before = processor_seconds()
        took, peak = run(f"-m stages.aggregate --params params.yaml {SEQUENCES} {paths}", folder)
        seconds.append(took)
        busy.append(processor_seconds() - before)
        peaks.append(peak)
    return [
        row(f"aggregate, {of}", seconds, "seconds"),
        row(f"processor time of aggregate, {of}", busy, "seconds"),
        row(f"memory of aggregate, {of}", peaks, "MiB"),
    ]


def processor_seconds() -> float:
    """Processor time of all child processes that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def lay_out_runs(folder: Path, frames: int, experiments: int, seeds: int) -> int:
    """Write all that the stage reads; returns the number of test frames."""
    lay_out(folder, frames)
    run(f"-m stages.fetch {MADE_OF_MOTION}", folder)
    run(f"-m stages.preprocess {MADE_OF_MOTION} {SEQUENCES} --cameras data/cameras.json", folder)
    path, yaml = folder / "params.yaml", YAML(pure=True)
    raw = yaml.load(path.read_text(encoding="utf-8"))
    raw["seeds"] = list(range(seeds))
    raw["experiments"] = dict(list(ablation(raw["experiments"]).items())[:experiments])
    yaml.dump(raw, path)
    parameters = load(path)

    rng = np.random.default_rng(0)
    joints = open_sequences(folder / "data/sequences.safetensors").read("joints", "test")
    first, *others = runs_of(parameters)
    prediction, smoothed = predictions_of(folder, first)
    noise = rng.normal(0, 0.03, joints.shape).astype(np.float32)
    write_predictions(prediction, joints + noise, {})
    write_predictions(smoothed, joints + noise / 2, {"predictions_sha256": sha256(prediction)})
    given = f"--predictions {prediction.relative_to(folder)} --smoothers {smoothed.relative_to(folder)}"
    paths = f"{given} --out runs/{first.path}"
    run(f"-m stages.evaluate --params params.yaml {SEQUENCES} {paths}", folder)
    write_training(folder, first, parameters, rng)
    for other in others:
        links = predictions_of(folder, other)
        for link, source in zip(links, (prediction, smoothed), strict=True):
            link.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, link)
        write_training(folder, other, parameters, rng)
        copy_scores(folder / "runs" / first.path, folder / "runs" / other.path, rng)
        sequences = folder / "data/sequences.safetensors"
        files = [path for path in (folder / "runs" / other.path).rglob("*.*") if path.name != RECORD]
        write_record(folder / "runs" / other.path / RECORD, made=files, made_from=(sequences, *links))
    return len(joints)


def predictions_of(folder: Path, each: Run) -> tuple[Path, Path]:
    """Where a run's predictions are, and the smoothed ones."""
    smoothed = folder / "smoothers" / each.path / "predictions.safetensors"
    return folder / "predictions" / each.path.with_suffix(".safetensors"), smoothed


def ablation(experiments: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The profile's experiments, then one without each of the terms, then one with each alone."""
    full = next(experiment for experiment in experiments.values() if experiment["role"] == "ours")
    terms = full["losses"]
    without = {name: {term: terms[term] for term in terms if term != name} for name in terms}
    alone = {name: {name: terms[name]} for name in terms}
    chosen = {f"without_{name}": losses for name, losses in without.items()} | {
        f"only_{name}": losses for name, losses in alone.items()
    }
    return experiments | {name: full | {"role": "ablation", "losses": losses} for name, losses in chosen.items()}


def write_training(folder: Path, made: Run, parameters: Parameters, rng: np.random.Generator) -> None:
    """Write what aggregate reads of a training, with made-up numbers."""
    model, epochs = folder / "models" / made.path, np.arange(1, parameters.train.epochs + 1)
    model.mkdir(parents=True)
    scales = dict(zip(CURVES, (0.03, 30, 45), strict=True))
    curves = {curve: scale * (1 + 4 / epochs + rng.normal(0, 0.02, len(epochs))) for curve, scale in scales.items()}
    pd.DataFrame({"epoch": epochs, **curves}).to_csv(model / "history.csv", index=False)
    record: dict[str, object] = {
        "experiment": made.experiment,
        "seed": made.seed,
        "weights": 16_952_371,
        "sequences_sha256": "",
        "network_sha256": "",
    }
    record["history_sha256"] = sha256(model / "history.csv")
    (model / "run.json").write_text(json.dumps(record), encoding="utf-8")


def copy_scores(source: Path, out: Path, rng: np.random.Generator) -> None:
    """Write the scores of another run: each error, and the run as a whole, changed by a few percent."""
    whole = rng.normal(1, 0.05)
    shutil.copytree(source, out, ignore=shutil.ignore_patterns("*.safetensors"))
    for path in out.rglob("*.csv"):
        table = pd.read_csv(path, dtype={"subaction": str, "camera": str}, keep_default_na=False, na_values=[""])
        for column in table.columns.intersection([*METRICS]):
            table[column] *= whole * rng.normal(1, 0.02, len(table))
        table.to_csv(path, index=False)
        if path.stem == "by_action":
            averages = table[[*METRICS]].mean().to_dict()
            (path.parent / "metrics.json").write_text(json.dumps(averages), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The stage that combines all runs, and how it refuses runs that it cannot use."""

import contextlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from jointaware.analysis.figures.data import Results
from jointaware.analysis.figures.data import actions as actions_data
from jointaware.analysis.tables import LAYOUTS, in_paper_order, read_published
from jointaware.artifacts.files import sha256
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS
from jointaware.artifacts.predictions import FILTERS, write_predictions
from jointaware.artifacts.records import write_record
from jointaware.artifacts.scores import MOTIONS, Run, read_scores
from jointaware.artifacts.sequences import open_sequences
from jointaware.pose.skeleton import JOINTS
from stages import aggregate
from stages.command import run
from tests.people import seen
from tests.small import write_sequences

ROOT = Path(__file__).parents[2]
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


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    """All that the stage reads, for the demo's experiments with two seeds, on two short sequences."""
    folder = tmp_path_factory.mktemp("inputs")
    parameters = YAML(typ="safe", pure=True).load((ROOT / "profiles/demo.yaml").read_text()) | {"seeds": [0, 1]}
    (folder / "params.yaml").write_text(json.dumps(parameters))
    same = {"subject": "S9", "subaction": "", "camera": "c", "frames": 3, "split": "test", "fps": 50.0}
    table = pd.DataFrame({**same, "action": ACTIONS, "start": [0, 3]})
    rng = np.random.default_rng(0)
    keypoints, root = rng.normal(size=(6, 17, 2)).astype(np.float32), np.tile(np.float32([0, 0, 5]), (6, 1))
    arrays = {"keypoints": keypoints, "joints": seen(6), "root": root}
    write_sequences(folder / "sequences.safetensors", table, arrays)
    write_record(folder / "record.json", made=[], made_from=[])
    for place, experiment in enumerate(parameters["experiments"]):
        for seed in parameters["seeds"]:
            write_predictions(folder / f"predictions/{experiment}/{seed}.safetensors", arrays["joints"], {})
            write_run(folder, experiment, seed, 50.0 - place / 3 + 2 * seed)
    return folder


@pytest.fixture(scope="module")
def outputs(inputs, tmp_path_factory) -> Path:
    """The same with all outputs, which the stage wrote once for all tests."""
    folder = tmp_path_factory.mktemp("outputs") / "folder"
    shutil.copytree(inputs, folder)
    start(folder)
    return folder


@pytest.fixture
def folder(inputs, tmp_path) -> Path:
    """A copy of the inputs, to spoil."""
    return shutil.copytree(inputs, tmp_path / "folder")


@pytest.fixture
def finished(outputs, tmp_path) -> Path:
    """A copy of inputs and outputs, to spoil."""
    return shutil.copytree(outputs, tmp_path / "folder")


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


def test_it_writes_tables_figures_and_metrics(outputs):
    for output in OUTPUTS:
        assert (outputs / "results" / output).stat().st_size > 0
    metrics = json.loads((outputs / "results/metrics.json").read_text())
    assert metrics["baseline"]["mpjpe_mm"] == 51.0
    assert list(metrics) == list(EXPERIMENTS)
    headline = json.loads((outputs / "results/headline.json").read_text())
    assert list(headline) == list(EXPERIMENTS)
    assert headline["baseline"] == {
        name: round(metrics["baseline"][key], 2)
        for name, key in (("MPJPE", "mpjpe_mm"), ("MPJVE", "mpjve_mm_per_frame"), ("MPJAE", "mpjae_mm_per_frame2"))
    }
    curves = pd.read_csv(outputs / "results/figures/training_curves.csv")
    assert list(curves.columns) == [
        "epoch",
        "experiment",
        "seed",
        "loss",
        "train_mpjpe_mm",
        "held_out_mpjpe_mm",
        "group",
    ]


def test_its_record_names_all_that_it_wrote_and_the_role_of_each_experiment(outputs):
    record = json.loads((outputs / "results/record.json").read_text())
    written = {path.relative_to(outputs).as_posix() for path in (outputs / "results").rglob("*.*")}
    assert set(record["made"]) == written - {"results/record.json"}
    assert record["experiments"] == list(EXPERIMENTS)
    assert record["roles"] == dict(zip(EXPERIMENTS, ROLES, strict=True))
    assert record["seeds"] == [0, 1]
    assert "runs/wide/0/record.json" in record["made_from"]


def test_measurements_have_six_significant_digits(outputs):
    for path in (outputs / "results").rglob("*.csv"):
        for cell in pd.read_csv(path, dtype=str, keep_default_na=False).to_numpy().ravel():
            with contextlib.suppress(ValueError):
                assert float(cell) == float(f"{float(cell):.6g}"), f"{path}: {cell}"


def test_a_second_time_every_byte_is_the_same_whatever_else_is_in_the_folders(finished, capsys):
    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in (finished / "results").rglob("*") if path.is_file()}

    first = contents()
    write_run(finished, "forgotten", 0, 10.0)
    start(finished)
    assert contents() == first
    assert "ignored: runs/forgotten" in capsys.readouterr().out
    for path in (finished / "results").rglob("*.csv"):
        assert "forgotten" not in path.read_text()


@pytest.mark.parametrize(
    ("file", "stage"),
    [
        ("runs/wide/1/metrics.json", "evaluate@wide"),
        ("runs/wide/1/by_action.csv", "evaluate@wide"),
        ("runs/wide/1/by_joint.csv", "evaluate@wide"),
        ("models/wide/1/history.csv", "train@wide"),
    ],
)
@pytest.mark.parametrize("content", [None, b"", b"\x89PNG\xff\x00", b"a,b\n1,2\n", b"{}"])
def test_a_file_that_is_missing_empty_or_foreign_is_named_with_its_stage(folder, capsys, file, stage, content):
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    message = refusal(folder, capsys)
    assert file in message
    assert f"`dvc repro {stage}`" in message


@pytest.mark.parametrize(
    ("file", "stage"), [("record.json", "preprocess"), ("runs/wide/1/record.json", "evaluate@wide")]
)
def test_scores_that_nobody_recorded_are_refused_before_anything_is_written(folder, capsys, file, stage):
    (folder / file).unlink()
    assert f"{file}: missing; run `dvc repro {stage}`" in refusal(folder, capsys)
    assert not (folder / "results").exists()


def test_a_word_in_place_of_a_number_is_named_with_its_column(folder, capsys):
    path = folder / "runs/baseline/0/by_joint.csv"
    path.write_text(path.read_text().replace("50.0", "fifty", 1))
    record(folder, "baseline", 0)
    message = refusal(folder, capsys)
    assert "column mpjpe_mm" in message
    assert "fifty" in message


def test_scores_of_other_test_data_are_refused(folder, capsys):
    path = folder / "runs/baseline/0/by_action.csv"
    path.write_text(path.read_text().replace("Sitting", "Running"))
    record(folder, "baseline", 0)
    assert "action Running" in refusal(folder, capsys)


def test_missing_predictions_are_named_with_their_stage_before_anything_is_written(folder, capsys):
    (folder / "predictions/joint_aware/0.safetensors").unlink()
    assert "`dvc repro predict@joint_aware`" in refusal(folder, capsys)
    assert not (folder / "results").exists()


def test_a_missing_run_leaves_earlier_results_alone(finished, capsys):
    before = (finished / "results/metrics.json").read_bytes()
    shutil.rmtree(finished / "runs/wide/0")
    assert "`dvc repro evaluate@wide`" in refusal(finished, capsys)
    assert (finished / "results/metrics.json").read_bytes() == before


@pytest.mark.parametrize("is_comparable", [False, True])
def test_published_rows_enter_the_figure_only_where_they_are_comparable(inputs, is_comparable):
    sequences = open_sequences(inputs / "sequences.safetensors")
    assert in_paper_order(set(sequences.table["action"])) == ["Sitting", "Walking"]
    scores = read_scores([Run("wide", 0)], inputs / "runs", inputs / "models", inputs, ["Sitting", "Walking"])
    empty = dict.fromkeys(("comparison", "differences", "ablation", "skeleton"), pd.DataFrame())
    published = {name: read_published(ROOT / "paper", layout) for name, layout in LAYOUTS.items()}
    experiments = {"wide": SimpleNamespace(role="wide")}
    results = Results(scores, **empty, published=published, is_comparable=is_comparable, experiments=experiments)
    table = actions_data(results)
    assert set(table["origin"]) == ({"ours", "published"} if is_comparable else {"ours"})
    cells = table.set_index(["row", "action"])
    assert cells.at[("wide", "average"), "mpjpe_mm"] == pytest.approx(50 - 1 / 3)
    if is_comparable:
        assert cells.at[("Pavllo et al. 2019", "average"), "mpjpe_mm"] == "46.8"
        assert cells.at[("Gupta 2020", "Walking"), "mpjve_mm_per_frame"] == "3.0"


def test_a_history_without_an_epoch_is_refused(folder, capsys):
    (folder / "models/wide/0/history.csv").write_text("epoch,loss,train_mpjpe_mm,held_out_mpjpe_mm\n")
    describe(folder / "models/wide/0", experiment="wide", seed=0)
    assert "no rows; run `dvc repro train@wide`" in refusal(folder, capsys)


def test_networks_that_were_trained_elsewhere_have_scores_but_no_curves(folder, capsys):
    parameters = json.loads((folder / "params.yaml").read_text())
    parameters["experiments"] = {name: parameters["experiments"][name] for name in ("wide", "joint_aware")}
    (folder / "params.yaml").write_text(json.dumps(parameters))
    for model in (folder / "models").glob("*/*"):
        header = (model / "history.csv").read_text().splitlines()[0]
        (model / "history.csv").write_text(f"{header}\n")
        elsewhere = {"path": "published.bin", "sha256": ""}
        describe(model, experiment=model.parent.name, seed=int(model.name), checkpoint=elsewhere)
    start(folder)
    assert all((folder / "results" / output).is_file() for output in OUTPUTS)
    header, wide, ours, _ = capsys.readouterr().out.splitlines()[-4:]
    assert header.split("  ")[-1] == "MPJAE, mm/frame²"
    assert (wide.split()[0], ours.split()[0]) == ("wide", "joint_aware")
    assert wide.endswith("50.67 ± 1.41")


def test_a_run_without_epochs_that_was_trained_here_is_refused(folder, capsys):
    history = folder / "models/wide/1/history.csv"
    history.write_text(history.read_text().splitlines()[0] + "\n")
    describe(history.parent, experiment="wide", seed=1)
    assert "wide/1/history.csv: no rows; run `dvc repro train@wide`" in refusal(folder, capsys)


def test_a_history_that_training_did_not_write_is_refused(folder, capsys):
    history = folder / "models/wide/1/history.csv"
    history.write_text(history.read_text().replace("0.2", "0.3"))
    assert "wide/1/history.csv: differs from the file that" in refusal(folder, capsys)


def test_results_of_which_one_cannot_be_written_all_stay_as_they_were(finished, capsys):
    """Aggregate has replaced claims.csv before a later file failed."""
    results = finished / "results"
    (results / "metrics.json").unlink()
    (results / "metrics.json").mkdir()
    before = {path: path.read_bytes() for path in results.rglob("*") if path.is_file()}
    write_run(finished, "wide", 0, 60.0)
    with pytest.raises(SystemExit):
        start(finished)
    last = capsys.readouterr().err.splitlines()[-1]  # after progress, on a slow machine
    assert last == "error: results/metrics.json: cannot be written (Is a directory)"
    assert {path: path.read_bytes() for path in results.rglob("*") if path.is_file()} == before


def flip(path: Path, what: str, other: str) -> None:
    text = path.read_text()
    assert what in text
    path.write_text(text.replace(what, other, 1))


def test_a_changed_score_is_refused_with_its_stage(folder, capsys):
    flip(folder / "runs/wide/1/smoothed/by_sequence.csv", "51.", "41.")
    message = refusal(folder, capsys)
    assert "by_sequence.csv: differs from the file that runs/wide/1/record.json lists" in message
    assert "`dvc repro evaluate@wide`" in message
    assert not (folder / "results").exists()


def test_scores_of_other_predictions_or_sequences_are_refused(folder, capsys):
    path = folder / "predictions/wide/1.safetensors"
    joints = open_sequences(folder / "sequences.safetensors").read("joints")
    write_predictions(path, joints + np.float32(1), {})
    assert "runs/wide/1/record.json: these scores are of other predictions than" in refusal(folder, capsys)
    path.unlink()
    with (folder / "sequences.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    assert "record.json: these scores are of other sequences than" in refusal(folder, capsys)


def test_scores_of_other_smoothed_predictions_are_refused(folder, capsys):
    path = folder / "smoothers/wide/1/predictions.safetensors"
    write_predictions(path, 2 * open_sequences(folder / "sequences.safetensors").read("joints"), {})
    assert f"these scores are of other predictions than {path.relative_to(folder)}" in refusal(folder, capsys)


@pytest.mark.parametrize(("other", "described"), [("wide/0", "wide-0"), ("baseline/1", "baseline-1")])
def test_a_run_copied_over_another_one_is_refused(folder, capsys, other, described):
    """A seed counted twice narrows the interval."""
    for place in ("models", "runs"):
        shutil.rmtree(folder / place / "wide/1")
        shutil.copytree(folder / place / other, folder / place / "wide/1")
    shutil.copy(folder / f"predictions/{other}.safetensors", folder / "predictions/wide/1.safetensors")
    assert f"models/wide/1/run.json: describes {described}, expected wide-1" in refusal(folder, capsys)


def test_a_run_trained_with_other_parameters_is_refused(folder, capsys):
    """They were changed in params.yaml since, and a stage was started by hand."""
    rate = json.loads((folder / "params.yaml").read_text())["train"]["learning_rate"]
    describe(folder / "models/wide/1", experiment="wide", seed=1, parameters={"role": "old", "learning_rate": rate})
    start(folder)
    capsys.readouterr()
    describe(folder / "models/wide/1", experiment="wide", seed=1, parameters={"learning_rate": 0.5})
    assert f"models/wide/1/run.json: trained with learning_rate 0.5, expected {rate}; run `dvc repro train@wide`" in (
        refusal(folder, capsys)
    )


def test_predictions_of_another_network_are_refused(folder, capsys):
    joints = open_sequences(folder / "sequences.safetensors").read("joints")
    write_predictions(folder / "predictions/wide/1.safetensors", joints, {"network_sha256": "of another"})
    record(folder, "wide", 1)
    message = refusal(folder, capsys)
    assert "predictions/wide/1.safetensors: made by another network than that of models/wide/1/run.json" in message
    assert "`dvc repro predict@wide`" in message


@pytest.mark.parametrize(("name", "stage"), [("models/wide/1/run.json", "train"), ("runs/wide/1/record.json", "eval")])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"[]", b"[" * 50_000, b'{"made": 3, "weights": "many"}'])
def test_a_damaged_record_is_named_with_its_stage(folder, capsys, name, stage, content):
    (folder / name).write_bytes(content)
    message = refusal(folder, capsys)
    assert name in message
    assert f"run `dvc repro {stage}" in message

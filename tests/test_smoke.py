"""The whole pipeline on tiny parameters, as a user starts it: one clone, one session in the order of the tests."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.tables import CAPTIONS
from jointaware.artifacts.metrics import METRICS
from tests.house import ROOT
from tests.tiny import read_yaml, tiny_parameters, write_yaml

EXPERIMENTS = ["wide_clips", "joint_aware", "motion_terms"]
"""What differences and an ablation need at least."""
SMALL = {"cameras": ["54138969"], "actions": ["Eating", "Sitting", "Walking"]}
OURS = ("comparison", "differences", "ablation")
AFTER = {"aggregate", "report"}


def run(folder: Path, command: str) -> str:
    """Run a command in a folder with this Python's tools; returns what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command.split(), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def fails(folder: Path, command: str) -> str:
    """Run a command that must fail; returns what it printed."""
    with pytest.raises(AssertionError) as failed:
        run(folder, command)
    return str(failed.value)


def commit(folder: Path) -> None:
    run(folder, "git add --all")
    run(folder, "git -c user.name=a -c user.email=a@b commit --quiet --message results")


def repro(folder: Path, command: str = "dvc repro") -> tuple[set[str], set[str]]:
    """Bring the pipeline up to date; returns the stages that ran and the runs that trained at least one epoch."""
    printed = run(folder, command)
    stages = {line.split("'")[1] for line in printed.splitlines() if line.startswith("Running stage")}
    return stages, set(re.findall(r"^(\w+-\d+) epoch \d", printed, re.MULTILINE))


def edit(folder: Path, *keys: str, value: object) -> None:
    """Change one parameter, or take it out where the value is None."""
    parameters = read_yaml(folder / "params.yaml")
    place = parameters
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    write_yaml(folder / "params.yaml", parameters)


def stages_of(experiment: str) -> set[str]:
    return {f"{stage}@{experiment}" for stage in ("train", "predict", "evaluate")}


def is_clean(folder: Path) -> bool:
    return "up to date" in run(folder, "dvc status") and not run(folder, "git status --porcelain")


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A git repository of the files as they are now, tiny parameters and first results committed."""
    folder = tmp_path_factory.mktemp("clone")
    files = run(ROOT, "git ls-files --cached --others --exclude-standard").splitlines()
    for file in files:
        if (ROOT / file).is_file() and not file.startswith(("tests/", "results/")) and file != "dvc.lock":
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
    parameters = tiny_parameters() | {"seeds": [0]}
    parameters["preprocess"] |= SMALL
    parameters["experiments"] = {name: parameters["experiments"][name] for name in EXPERIMENTS}
    write_yaml(folder / "params.yaml", parameters)
    run(folder, "git init --quiet")
    commit(folder)
    run(folder, "dvc repro --quiet")
    return folder


def test_one_command_makes_every_table_and_figure(clone):
    tables = {path.name for path in (clone / "results/tables").iterdir()}
    names = ("protocols", "motion", "protocol1", "protocol2", "velocity", "acceleration")
    published = {f"{name}.{form}" for name in names for form in ("csv", "md", "tex")}
    beside = {f"{name}.{form}" for name in OURS for form in ("csv", "md")}
    assert tables == published | beside | {"paper.tex"}
    figures = {path.stem for path in (clone / "results/figures").glob("*.svg")}
    assert figures == {path.stem for path in (clone / "results/figures").glob("*.csv")}
    assert figures >= {"training_curves", "actions", "joints", "skeleton"}
    metrics = json.loads((clone / "results/metrics.json").read_text())
    assert list(metrics) == EXPERIMENTS
    assert "<h2>Warnings" not in (clone / "results/report.html").read_text()
    shown = run(clone, "python -m workflow.show")
    for words in (*EXPERIMENTS, *(metric.label for metric in METRICS.values())):
        assert words in shown


def test_every_big_output_is_out_of_git(clone):
    tracked = run(clone, "git status --porcelain --untracked-files=all").splitlines()
    assert {line[3:].partition("/")[0] for line in tracked} <= {"results", "dvc.lock"}
    assert not [line for line in tracked if line.endswith((".safetensors", "report.html"))]


def test_every_run_records_where_it_comes_from(clone):
    record = json.loads((clone / "models/joint_aware/0/run.json").read_text())
    provenance = json.loads((clone / "results/provenance/joint_aware-0.json").read_text())
    manifest = json.loads((clone / "data/manifest.json").read_text())
    assert record["parameters"]["channels"] == 8
    assert len(record["sequences_sha256"]) == len(record["network_sha256"]) == 64
    assert provenance["network_sha256"] == record["network_sha256"]
    assert provenance["commit"] == run(clone, "git rev-parse HEAD").strip()
    assert {len(file["sha256"]) for file in manifest["files"]} == {64}


def test_a_second_time_there_is_nothing_to_do(clone):
    commit(clone)
    assert repro(clone) == (set(), set())
    assert is_clean(clone)


def test_a_finished_reproduction_is_packed_for_an_archive(clone, tmp_path):
    assert "3 runs" in run(clone, f"python -m workflow.crate --out {tmp_path / 'crate.zip'}")


def test_what_is_only_in_the_cache_or_a_remote_is_named_with_what_brings_it(clone, tmp_path):
    trace = "python -m workflow.trace protocol1 wide_clips Walking"
    run(clone, trace)
    network, predictions = "models/wide_clips/0/network.safetensors", "predictions/wide_clips/0.safetensors"
    (clone / network).unlink()
    told = fails(clone, trace)
    assert network in told
    assert "`dvc checkout models/wide_clips`" in told
    (clone / ".dvc/cache").rename(tmp_path / "cache")
    (clone / predictions).unlink()
    told = fails(clone, trace)
    assert "`dvc pull models/wide_clips`" in told
    assert "`dvc repro predict@wide_clips`" in told
    (tmp_path / "cache").rename(clone / ".dvc/cache")
    run(clone, "dvc checkout models/wide_clips predictions/wide_clips")
    run(clone, trace)


@pytest.mark.slow
def test_an_edit_runs_what_it_affects_and_the_way_back_trains_nothing(clone):
    change = "experiments.joint_aware.losses.acceleration=5e-1"
    assert repro(clone, f"dvc exp run -S {change}") == (stages_of("joint_aware") | AFTER, {"joint_aware-0"})
    knobs = json.loads(run(clone, "dvc params diff --json"))
    assert list(knobs["params.yaml"]) == ["experiments.joint_aware.losses.acceleration"]
    metrics = json.loads(run(clone, "dvc metrics diff --json"))
    assert {name.split(".")[0] for name in metrics["results/metrics.json"]} == {"joint_aware"}
    run(clone, "dvc plots diff --out dvc_plots")
    assert "vega" in (clone / "dvc_plots/index.html").read_text()

    metrics = clone / "jointaware/pose/metrics.py"
    metrics.write_text(metrics.read_text() + "# A better comment.\n")
    assert repro(clone) == ({f"evaluate@{name}" for name in EXPERIMENTS}, set())

    run(clone, "git checkout .")
    run(clone, "git clean --quiet --force -d")
    assert repro(clone)[1] == set()
    assert is_clean(clone)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "knob"),
    [
        ("+experiments.wide_clips.learning_rate=1e-4", "experiments.wide_clips.learning_rate"),
        ("~experiments.motion_terms.losses.velocity", "experiments.motion_terms.losses.velocity"),
    ],
)
def test_a_parameter_added_or_removed_affects_one_experiment(clone, change, knob):
    run(clone, f"dvc exp run --quiet -S {change} fetch")
    assert list(json.loads(run(clone, "dvc params diff --json"))["params.yaml"]) == [knob]
    run(clone, "python -m stages.fetch --params params.yaml --raw data/raw --manifest data/manifest.json --check")
    assert set(json.loads(run(clone, "dvc status --json"))) == {f"train@{knob.split('.')[1]}", *AFTER}
    run(clone, "git checkout .")
    assert is_clean(clone)


@pytest.mark.slow
def test_experiments_taken_out_leave_nothing_modified(clone):
    edit(clone, "experiments", "motion_terms", value=None)
    assert repro(clone) == (AFTER, set())
    assert "motion_terms" not in pd.read_csv(clone / "results/tables/protocols.csv")["row"].tolist()
    run(clone, "python -m workflow.prune")
    assert not [*clone.glob("*/motion_terms"), *clone.glob("results/*/motion_terms*")]
    assert "up to date" in run(clone, "dvc status")
    commit(clone)


@pytest.mark.slow
def test_a_rerun_from_nothing_leaves_no_diff(clone):
    for made in ("data", "models", "predictions", "frame_errors", ".checkpoints", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(clone / made)
    for made in ("runs", "tables", "figures"):
        shutil.rmtree(clone / "results" / made)
    (clone / "results/report.html").unlink()
    assert repro(clone)[1] == {"wide_clips-0", "joint_aware-0"}
    assert is_clean(clone)


@pytest.mark.slow
def test_a_new_seed_trains_only_itself_and_a_seed_taken_out_leaves_nothing_modified(clone):
    edit(clone, "seeds", value=[0, 1])
    assert repro(clone) == (
        stages_of("wide_clips") | stages_of("joint_aware") | AFTER,
        {"wide_clips-1", "joint_aware-1"},
    )
    assert (clone / "models/wide_clips/1/network.safetensors").is_file()
    edit(clone, "seeds", value=[0])
    assert repro(clone)[1] == set()
    run(clone, "python -m workflow.prune")
    places = ("models", "predictions", "frame_errors", "results/runs")
    left = [path for place in places for path in (clone / place).glob("*/1*")]
    assert not [*left, *clone.glob("results/provenance/*-1.json")]
    assert is_clean(clone)


@pytest.mark.slow
def test_snakemake_makes_the_same_results_and_then_has_nothing_to_do(clone, tmp_path):
    snake = tmp_path / "snake"
    run(tmp_path, f"git clone --quiet {clone} snake")
    run(snake, "snakemake --cores 2 --quiet --forceall")
    assert (snake / "results/report.html").is_file()
    assert not run(snake, "git status --porcelain"), "other results than DVC's"
    networks = list(clone.glob("models/*/*/network.safetensors"))
    assert len(networks) == 2
    for network in networks:
        assert (snake / network.relative_to(clone)).read_bytes() == network.read_bytes()
    run(snake, "python -m workflow.trace --all")
    assert "Nothing to be done" in run(snake, "snakemake --cores 2 --dry-run")
    published = snake / "paper/table_05.csv"
    published.write_text(published.read_text() + "\n")
    planned = run(snake, "snakemake --cores 2 --dry-run")
    assert set(re.findall(r"^rule (\w+):", planned, re.MULTILINE)) == AFTER | {"all"}
    run(snake, "snakemake --report report.html --quiet")
    report = (snake / "report.html").read_text()
    captions = (CAPTIONS["protocols"], FIGURES["joints"].caption)
    for words in ("reproduced on motion from", *(caption[:20] for caption in captions)):
        assert words in report

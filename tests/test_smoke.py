"""The whole pipeline on tiny parameters, as a user starts it: under DVC, in a clone."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.house import ROOT
from tests.tiny import tiny_parameters

OURS = ("comparison", "differences", "ablation")
EXPERIMENTS = ["baseline", "wide", "wide_windows", "joint_aware", "motion_terms"]


def run(folder: Path, command: str) -> str:
    """Run a command in a folder with this Python's tools; returns what it printed."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path}
    done = subprocess.run(command.split(), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Path:
    """A git repository of the files as they are now, with tiny parameters committed."""
    folder = tmp_path_factory.mktemp("clone")
    files = run(ROOT, "git ls-files --cached --others --exclude-standard").splitlines()
    for file in files:
        if (ROOT / file).is_file() and not file.startswith(("tests/", "results/")) and file != "dvc.lock":
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder / file)
    parameters = tiny_parameters() | {"seeds": [0]}
    (folder / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))
    run(folder, "git init --quiet")
    run(folder, "git add --all")
    run(folder, "git -c user.name=a -c user.email=a@b commit --quiet --message tiny")
    run(folder, "dvc repro --quiet")
    return folder


def repro(clone: Path) -> set[str]:
    """Bring the pipeline up to date; returns the stages that ran."""
    lines = run(clone, "dvc repro").splitlines()
    return {line.split("'")[1] for line in lines if line.startswith("Running stage")}


def edit(clone: Path, *keys: str, value: object) -> None:
    parameters = yaml.safe_load((clone / "params.yaml").read_text())
    place = parameters
    for key in keys[:-1]:
        place = place[key]
    if value is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = value
    (clone / "params.yaml").write_text(yaml.safe_dump(parameters, sort_keys=False))


def stages_of(run_name: str) -> set[str]:
    return {f"{stage}@{run_name}" for stage in ("train", "predict", "evaluate")}


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
    assert "Not everything is as it should be" not in (clone / "results/report.html").read_text()


def test_a_second_time_there_is_nothing_to_do(clone):
    assert repro(clone) == set()
    assert "up to date" in run(clone, "dvc status")


def test_every_big_output_is_out_of_git(clone):
    tracked = run(clone, "git status --porcelain --untracked-files=all").splitlines()
    assert {line[3:].partition("/")[0] for line in tracked} <= {"results", "dvc.lock"}
    assert not [line for line in tracked if line.endswith((".safetensors", "report.html"))]


def test_every_run_records_where_it_comes_from(clone):
    record = json.loads((clone / "models/joint_aware-0/run.json").read_text())
    manifest = json.loads((clone / "data/manifest.json").read_text())
    assert record["parameters"]["experiment"]["channels"] == 8
    assert len(record["sequences_sha256"]) == len(record["network_sha256"]) == 64
    assert record["commit"] == run(clone, "git rev-parse HEAD").strip()
    assert {len(file["sha256"]) for file in manifest["files"]} == {64}


def test_a_finished_reproduction_is_packed_for_an_archive(clone, tmp_path):
    assert "5 runs" in run(clone, f"python -m workflow.crate --out {tmp_path / 'crate.zip'}")


def fails(folder: Path, command: str) -> str:
    """Run a command that must fail; returns what it printed."""
    with pytest.raises(AssertionError) as failed:
        run(folder, command)
    return str(failed.value)


def test_what_is_only_in_the_cache_or_a_remote_is_named_with_what_brings_it(clone, tmp_path):
    trace = "python -m workflow.trace protocol1 wide Walking"
    assert "are those the number was made from, and it follows from them" in run(clone, trace)
    network, predictions = "models/wide-0/network.safetensors", "predictions/wide-0.safetensors"
    (clone / network).unlink()
    assert f"{network}: not here, or not whole; `dvc checkout {network}` brings it" in fails(clone, trace)
    (clone / ".dvc/cache").rename(tmp_path / "cache")
    (clone / predictions).unlink()
    told = fails(clone, trace)
    assert f"{network}: not here, or not whole; `dvc pull {network}` brings it" in told
    assert f"{predictions}: not here, or not whole; `dvc repro predict@wide-0` makes it" in told
    (tmp_path / "cache").rename(clone / ".dvc/cache")
    run(clone, f"dvc checkout {network} {predictions}")
    run(clone, trace)


@pytest.mark.slow
def test_an_edit_runs_what_it_affects_and_nothing_else(clone):
    edit(clone, "experiments", "joint_aware", "weights", "velocity", value=2.0)
    assert repro(clone) == stages_of("joint_aware-0") | {"aggregate", "report"}
    assert "experiments.joint_aware.weights.velocity" in run(clone, "dvc params diff")

    metrics = clone / "jointaware/pose/metrics.py"
    metrics.write_text(metrics.read_text() + "# A better comment.\n")
    assert repro(clone) == {f"evaluate@{name}-0" for name in EXPERIMENTS}

    edit(clone, "seeds", value=[0, 1])
    added = repro(clone)
    assert added == set().union(*(stages_of(f"{name}-1") for name in EXPERIMENTS), {"aggregate", "report"})

    edit(clone, "experiments", "wide", value=None)
    assert repro(clone) == {"aggregate", "report"}
    assert "wide" not in pd.read_csv(clone / "results/tables/protocols.csv")["row"].tolist()
    run(clone, "python -m workflow.prune")
    assert not list(clone.glob("models/wide-*")) + list(clone.glob("results/runs/wide-*"))


@pytest.mark.slow
def test_experiments_are_compared_by_dvc(clone):
    run(clone, "dvc repro --quiet")
    run(clone, "git add --all")
    run(clone, "git -c user.name=a -c user.email=a@b commit --quiet --message results")
    run(clone, "dvc exp run --quiet -S experiments.joint_aware.weights.acceleration=5.0")
    knobs = json.loads(run(clone, "dvc params diff --json"))
    assert list(knobs["params.yaml"]) == ["experiments.joint_aware.weights.acceleration"]
    metrics = json.loads(run(clone, "dvc metrics diff --json"))
    assert {key.split(".")[0] for key in metrics["results/metrics.json"]} == {"joint_aware"}
    run(clone, "dvc plots diff --out plots")
    assert "vega" in (clone / "plots/index.html").read_text()


@pytest.mark.slow
def test_snakemake_makes_the_same_results_and_then_has_nothing_to_do(clone, tmp_path):
    run(tmp_path, f"git clone --quiet {clone} snake")
    run(tmp_path / "snake", "snakemake --cores 2 --quiet")
    for made in ("results/tables/protocols.csv", "results/report.html", "models/baseline-0/run.json"):
        assert (tmp_path / "snake" / made).is_file()
    run(tmp_path / "snake", "python -m workflow.trace --all")
    assert "Nothing to be done" in run(tmp_path / "snake", "snakemake --cores 2 --dry-run")
    run(tmp_path / "snake", "snakemake --report report.html --quiet")
    report = (tmp_path / "snake/report.html").read_text()
    for words in ("reproduced on motion from", "The paper's Table 5", "The root is zero by definition"):
        assert words in report

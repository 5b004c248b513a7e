"""The whole pipeline on tiny parameters, as a user starts it: one checkout, one session in the order of the tests."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from jointaware.artifacts.metrics import METRICS
from tests.house import ROOT
from tests.tiny import read_yaml, write_yaml
from tests.tiny_checkout import EXPERIMENTS, commit, fails, is_clean, ran, repro, run

OURS = ("comparison", "differences")
AFTER = {"aggregate", "report"}


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
    return {f"{stage}@{experiment}" for stage in ("train", "predict", "smooth", "evaluate")}


@pytest.fixture(scope="module")
def clone(reproduced, tmp_path_factory) -> Path:
    """A copy of the finished checkout, for one session."""
    return shutil.copytree(reproduced, tmp_path_factory.mktemp("session") / "clone", symlinks=True)


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
    added = run(clone, "git diff --name-only HEAD~1 HEAD").splitlines()
    assert {line.partition("/")[0] for line in added} <= {"results", "dvc.lock"}
    assert not [line for line in added if line.endswith((".safetensors", "report.html"))]


def test_every_run_records_where_it_comes_from(clone):
    record = json.loads((clone / "models/joint_aware/0/run.json").read_text())
    provenance = json.loads((clone / "results/provenance/joint_aware-0.json").read_text())
    manifest = json.loads((clone / "data/manifest.json").read_text())
    assert record["parameters"]["channels"] == 8
    assert len(record["sequences_sha256"]) == len(record["network_sha256"]) == 64
    assert provenance["network_sha256"] == record["network_sha256"]
    assert provenance["commit"] == run(clone, "git rev-parse HEAD~1").strip()
    assert {len(file["sha256"]) for file in manifest["files"]} == {64}


def test_a_second_time_there_is_nothing_to_do(clone):
    assert repro(clone) == (set(), set())
    assert is_clean(clone)


def test_a_finished_reproduction_is_packed_for_an_archive(clone, tmp_path):
    assert "2 runs" in run(clone, f"python -m workflow.crate --out {tmp_path / 'crate.zip'}")


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
    assert "dvc pull" not in told  # there is no remote
    assert "`dvc repro train@wide_clips`" in told
    assert "`dvc repro predict@wide_clips`" in told
    (tmp_path / "cache").rename(clone / ".dvc/cache")
    run(clone, "dvc checkout models/wide_clips predictions/wide_clips")
    run(clone, trace)


def readme_session() -> list[str]:
    """Every command of README.md in order, but the one that runs these tests."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    commands = [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]
    return [command for command in commands if command and command != "make test"]


def remove_everything_made(clone: Path) -> None:
    for made in (
        "data",
        "models",
        "predictions",
        "smoothers",
        "frame_errors",
        ".checkpoints",
        ".dvc/cache",
        ".dvc/tmp",
    ):
        shutil.rmtree(clone / made)
    for made in ("runs", "tables", "figures"):
        shutil.rmtree(clone / "results" / made)
    (clone / "results/report.html").unlink()


@pytest.mark.slow
def test_readmes_session_from_nothing_runs_as_printed_and_leaves_no_diff(clone):
    remove_everything_made(clone)
    (clone / ".venv").symlink_to(sys.prefix)
    (clone / ".git/info/exclude").write_text(".venv\n")
    os.utime(clone / "requirements.txt", (0, 0))  # nothing to install
    printed = {}
    for command in readme_session():
        session = f"set -e; PYTHONPATH= ; source .venv/bin/activate; {command}"
        done = subprocess.run(["bash", "-c", session], cwd=clone, capture_output=True, text=True, check=False)
        printed[command] = done.stdout + done.stderr
        assert done.returncode == 0, printed[command]
        if command == "make reproduce":
            assert ran(printed[command])[1] == {f"{name}-0" for name in EXPERIMENTS}
            assert is_clean(clone)
        if command == "dvc params diff":
            metrics = clone / "jointaware/pose/metrics.py"
            metrics.write_text(metrics.read_text() + "# A better comment.\n")
            assert repro(clone) == ({f"evaluate@{name}" for name in EXPERIMENTS} | {"report"}, set())
        if command == "dvc metrics diff":
            changed = json.loads(run(clone, "dvc metrics diff --json"))["results/headline.json"]
            assert {name.split(".")[0] for name in changed} == {"joint_aware"}
            run(clone, "dvc plots diff --out dvc_plots")
            assert "vega" in (clone / "dvc_plots/index.html").read_text()
    assert "MPJPE, mm" in printed["make reproduce"]
    [edited] = [text for command, text in printed.items() if command.startswith("dvc exp run")]
    assert ran(edited) == (stages_of("joint_aware") | AFTER, {"joint_aware-0"})
    assert "experiments.joint_aware.losses.velocity" in printed["dvc params diff"]
    assert ran(printed["git checkout . && dvc repro"])[1] == set()
    assert is_clean(clone)


@pytest.mark.slow
def test_a_new_seed_trains_only_itself_and_what_is_taken_out_leaves_nothing_modified(clone):
    edit(clone, "seeds", value=[0, 1])
    everything = set().union(*map(stages_of, EXPERIMENTS)) | AFTER
    assert repro(clone) == (everything, {f"{name}-1" for name in EXPERIMENTS})
    assert (clone / "models/wide_clips/1/network.safetensors").is_file()

    edit(clone, "seeds", value=[0])
    edit(clone, "experiments", "joint_aware", value=None)
    assert repro(clone)[1] == set()
    assert "joint_aware" not in pd.read_csv(clone / "results/tables/protocols.csv")["row"].tolist()
    run(clone, "python -m workflow.prune")
    places = ("models", "predictions", "smoothers", "frame_errors", "results/runs")
    left = [path for place in places for path in (*clone.glob(f"{place}/joint_aware"), *clone.glob(f"{place}/*/1*"))]
    assert not [*left, *clone.glob("results/provenance/*-1.json"), *clone.glob("results/provenance/joint_aware*")]
    assert "up to date" in run(clone, "dvc status")
    commit(clone, "fewer")
    assert repro(clone) == (set(), set())
    assert is_clean(clone)

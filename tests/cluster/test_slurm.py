"""Snakemake on a real SLURM of one node: `make test-cluster`. Minutes, nearly all of them waiting for the queue."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import slurm
from tests.tiny import read_yaml, tiny_parameters, write_yaml
from tests.tiny_checkout import commit, lay_out, run

EXPERIMENTS = ["baseline", "wide", "wide_clips", "joint_aware"]
RULES = ("fetch", "preprocess", "predict", "smooth", "evaluate", "aggregate", "report")
MEMORY = " ".join(f"{rule}:mem_mb=1000" for rule in RULES)
SNAKEMAKE = (
    "snakemake --profile workflow/profiles/slurm --slurm-no-account --slurm-status-command squeue"
    " --slurm-init-seconds-before-status-checks 2 --seconds-between-status-checks 3 --latency-wait 5"
    f" --set-resources {MEMORY} "
)
LONG = 400
"""Epochs of a training that can be hit while it runs."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.environ.get("TEST_CLUSTER") != "yes", reason="make test-cluster starts a SLURM cluster"),
]


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Iterator[str]:
    """A running cluster; the name of its node."""
    if why := slurm.absent():
        pytest.fail(why)
    with slurm.cluster(tmp_path_factory.mktemp("slurm")) as name:
        yield name


@pytest.fixture(scope="module")
def by_dvc(tmp_path_factory) -> Path:
    """A tiny checkout of four experiments with the results of `dvc repro`."""
    folder = tmp_path_factory.mktemp("cluster") / "dvc"
    folder.mkdir()
    lay_out(folder)
    parameters = read_yaml(folder / "params.yaml")
    parameters["experiments"] = {name: tiny_parameters()["experiments"][name] for name in EXPERIMENTS}
    write_yaml(folder / "params.yaml", parameters)
    run(folder, "dvc repro --quiet")
    commit(folder, "results")
    return folder


@pytest.fixture(scope="module")
def finished(node, by_dvc) -> Path:
    """A clone of it in which every stage was a job."""
    run(by_dvc.parent, "git clone --quiet dvc jobs")
    run(by_dvc.parent / "jobs", f"{SNAKEMAKE} train:mem_mb=1000 --forceall")
    return by_dvc.parent / "jobs"


def test_jobs_make_the_bytes_of_dvc_repro(finished, by_dvc):
    assert not run(finished, "git status --porcelain"), "other results than DVC's"
    networks = list(by_dvc.glob("models/*/*/network.safetensors"))
    assert len(networks) == len(EXPERIMENTS)
    for network in networks:
        assert (finished / network.relative_to(by_dvc)).read_bytes() == network.read_bytes()


@pytest.fixture
def long(finished, tmp_path) -> Path:
    """A copy whose trainings take long enough to be hit."""
    folder = shutil.copytree(finished, tmp_path / "long", symlinks=True)
    parameters = read_yaml(folder / "params.yaml")
    parameters["train"]["epochs"] = LONG
    write_yaml(folder / "params.yaml", parameters)
    return folder


def start(folder: Path, options: str) -> subprocess.Popen:
    """Start the trainings as jobs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"}
    command = f"{SNAKEMAKE} {options}".split()
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def wait_for_epochs(folder: Path, experiment: str) -> None:
    log = folder / f"logs/train/{experiment}.log"
    slurm.until(lambda: log.exists() and re.search(r" epoch \d\d/", log.read_text()), f"{experiment} did not train")


def told(snakemake: subprocess.Popen) -> list[str]:
    """The one-line errors at the end of a failed run."""
    printed = snakemake.communicate()[0].decode()
    assert snakemake.returncode != 0
    return re.findall(r"^error: (.*)$", printed, re.MULTILINE)


def test_a_killed_job_is_retried_from_its_checkpoint_and_four_train_at_once(long):
    for log in long.glob("logs/train/*"):
        log.unlink()
    snakemake = start(long, "train:mem_mb=1000 --retries 1 -- " + " ".join(f"models/{name}" for name in EXPERIMENTS))
    for experiment in EXPERIMENTS:
        wait_for_epochs(long, experiment)
    running = slurm.call("squeue --noheader --states RUNNING --format %i").split()
    assert len(running) == len(EXPERIMENTS)
    slurm.call(f"scancel --signal=KILL --full {running[0]}")
    snakemake.communicate()
    assert snakemake.returncode == 0
    assert sum("resuming after epoch" in log.read_text() for log in long.glob("logs/train/*.log")) == 1


def test_two_processes_on_cpus_train_a_run_as_one_job(finished, tmp_path):
    folder = shutil.copytree(finished, tmp_path / "two", symlinks=True)
    run(folder, f"{SNAKEMAKE} train:mem_mb=2000 train:processes=2 --forcerun train -- models/joint_aware")
    made = json.loads((folder / "results/provenance/joint_aware-0.json").read_text())
    assert made["processes"] == 2
    record = json.loads((folder / "models/joint_aware/0/run.json").read_text())
    assert made["network_sha256"] == record["network_sha256"]


def test_a_job_past_its_memory_is_told_in_one_line(long):
    (line,) = told(start(long, "train:mem_mb=40 --retries 0 -- models/wide"))
    assert re.fullmatch(r"train@wide \(job \d+\): past its memory: give it more with .*train:mem_mb=MEGABYTES", line)


def test_a_job_past_its_time_is_told_in_one_line(long):
    parameters = read_yaml(long / "params.yaml")
    parameters["train"]["epochs"] = 100 * LONG
    write_yaml(long / "params.yaml", parameters)
    (line,) = told(start(long, "train:mem_mb=1000 train:runtime=1 --retries 0 -- models/wide"))
    assert re.fullmatch(r"train@wide \(job \d+\): past its time: give it more with .*train:runtime=MINUTES", line)


def test_after_the_node_went_away_a_new_start_goes_on(long, node):
    (long / "logs/train/wide.log").unlink()
    snakemake = start(long, "train:mem_mb=1000 --retries 0 -- models/wide")
    wait_for_epochs(long, "wide")
    slurm.call(f"scontrol update NodeName={node} State=DOWN Reason=test")
    try:
        (line,) = told(snakemake)
        assert re.fullmatch(r"train@wide \(job \d+\): its node went away: start Snakemake again", line)
    finally:
        subprocess.run(
            ["scontrol", "update", f"NodeName={node}", "State=RESUME"], check=False
        )  # it may be back by itself
    run(long, f"{SNAKEMAKE} train:mem_mb=1000 -- models/wide")
    assert "resuming after epoch" in (long / "logs/train/wide.log").read_text()

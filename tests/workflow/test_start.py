"""Snakemake starts nothing without its scheduler, or beside another driver; each says so in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from jointaware.errors import InputError
from tests.house import ROOT
from tests.tiny_checkout import fails, is_clean, repro, run
from workflow.rules.start import alone, check_slurm

NETWORK = "models/wide_clips/0/network.safetensors"
AGAIN = "--forcerun train -- models/wide_clips"


@pytest.fixture
def clone(reproduced, tmp_path) -> Path:
    return shutil.copytree(reproduced, tmp_path / "clone", symlinks=True)


def command(folder: Path, name: str, *lines: str) -> None:
    """Write a command that stands before any other of its name."""
    (folder / name).write_text("\n".join(["#!/bin/sh", *lines, ""]))
    (folder / name).chmod(0o755)


def errors(printed: str) -> list[str]:
    return [line for line in printed.splitlines() if line.startswith("error: ")]


def test_a_machine_without_slurm_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="sinfo: not found on this machine: no SLURM here, start where it is"):
        check_slurm()


def test_a_client_without_a_configuration_is_told_in_one_line(tmp_path, monkeypatch):
    said = (
        "sinfo: error: fetch_config: DNS SRV lookup failed",
        "sinfo: fatal: Could not establish a source",
    )
    command(tmp_path, "sinfo", *(f"echo '{line}' >&2" for line in said), "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match=r"^sinfo: fatal: Could not establish a source: no SLURM here, [^\n]*$"):
        check_slurm()


def test_a_slurm_that_answers_is_taken(tmp_path, monkeypatch):
    command(tmp_path, "sinfo", "echo 'all* up infinite 1 idle node'")
    monkeypatch.setenv("PATH", str(tmp_path))
    check_slurm()


@pytest.mark.slow
def test_where_slurm_does_not_answer_no_job_is_tried_and_a_start_without_it_goes_on(clone, tmp_path, monkeypatch):
    before = (clone / NETWORK).read_bytes()
    command(tmp_path, "sinfo", "echo 'slurm_load_partitions: Unable to contact slurm controller' >&2", "exit 1")
    command(tmp_path, "squeue", "exit 0")  # or else Snakemake's plugin stops before anything of ours runs
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    said = fails(clone, f"snakemake --profile workflow/profiles/slurm {AGAIN}")
    (line,) = errors(said)
    assert "sinfo: slurm_load_partitions: Unable to contact slurm controller: no SLURM here" in line
    assert "rule train:" not in said
    assert (clone / NETWORK).read_bytes() == before
    assert is_clean(clone)
    run(clone, f"snakemake --profile workflow/profiles/local {AGAIN}")
    assert (clone / NETWORK).read_bytes() == before


@pytest.mark.slow
def test_two_drivers_in_one_checkout_refuse_each_other_before_they_change_anything(clone):
    (clone / "params.yaml").write_text((clone / "params.yaml").read_text().replace("epochs: 2", "epochs: 3"))
    before = (clone / "dvc.lock").read_bytes(), (clone / NETWORK).read_bytes()
    with alone(clone):
        said = fails(clone, "dvc repro train@wide_clips")
        assert f"blocked by:\n  (PID {os.getpid()}): snakemake" in said
        (line,) = errors(fails(clone, f"snakemake --cores 1 {AGAIN}"))
        assert f"another driver is at work here, wait for it: (PID {os.getpid()}): snakemake" in line
        assert ((clone / "dvc.lock").read_bytes(), (clone / NETWORK).read_bytes()) == before
    assert repro(clone, "train@wide_clips")[1] == {"wide_clips-0"}


def test_what_a_killed_driver_held_holds_nobody(clone):
    program = "import os, sys; from pathlib import Path; from workflow.rules.start import alone\n"
    program += "with alone(Path(sys.argv[1])): os._exit(1)"
    killed = subprocess.Popen([sys.executable, "-c", program, clone], cwd=ROOT)
    killed.wait()
    assert str(killed.pid) in (clone / ".dvc/tmp/rwlock").read_text()
    assert not psutil.pid_exists(killed.pid)
    assert is_clean(clone)
    with alone(clone):
        pass

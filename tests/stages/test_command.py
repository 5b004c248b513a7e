"""Every stage as a command: help worth reading, mistakes in one line, exit status 2."""

import importlib
import io
import os
import signal
import subprocess
import sys

import pytest

from jointaware.errors import InputError
from stages import command
from tests.house import ROOT
from tests.tiny import read_yaml

STAGES = list(read_yaml(ROOT / "dvc.yaml")["stages"])


def call(stage: str, *arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", f"stages.{stage}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("stage", STAGES)
def test_help_starts_with_what_the_stage_does_and_names_every_path(stage, capsys):
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"stages.{stage}").main(["--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    first = (ROOT / f"stages/{stage}.py").read_text().splitlines()[0].strip('"')
    assert first in printed
    assert "--out" in printed or "--sequences" in printed or "--manifest" in printed


def test_a_command_names_itself_as_it_is_called():
    assert call("predict", "--help").stdout.startswith("usage: python -m stages.predict ")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fetch", "--params", "nowhere.yaml", "--raw", "x", "--manifest", "y"], "nowhere.yaml"),
        (["evaluate", "--sequences", "nowhere.safetensors", "--predictions", "x", "--out", "y"], "nowhere.csv"),
        (["fetch", "--params", "profiles/paper.yaml", "--raw", "x", "--manifest", "y"], "vision.imar.ro"),
    ],
)
def test_a_mistake_is_one_line_and_exit_status_2(arguments, words):
    done = call(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr
    assert not (ROOT / "x").exists()


@pytest.mark.parametrize("text", ["mm/frame²", os.fsdecode(b"Walk\xff.npz")])
def test_what_a_terminal_cannot_show_is_escaped(monkeypatch, text):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    command.run(lambda: print(text, flush=True))
    assert terminal.buffer.getvalue().isascii()


@pytest.mark.parametrize("error", [InputError("a: found\nb"), OSError("a: found\n b")])
def test_any_error_of_the_user_is_one_line(error, capsys):
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        command.run(main)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "error: a: found b\n"


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("Unable to allocate 3.9 GiB for an array"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory:\n 4 bytes"),
        RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("Invalid buffer size: 9.31 GiB"),
    ],
)
def test_memory_that_does_not_suffice_is_one_line(error, capsys):
    def main() -> None:
        raise error

    with pytest.raises(SystemExit) as ended:
        command.run(main)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("error: out of memory: ")


def test_numpy_says_nothing_of_numbers_that_a_check_refuses():
    code = "import numpy as np; from stages import command; command.run(lambda: np.float32([3e38]) * 10 / np.zeros(1))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), KeyError("a"), RecursionError()])
def test_a_mistake_of_ours_keeps_its_traceback(error):
    def main() -> None:
        raise error

    with pytest.raises(type(error)):
        command.run(main)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_stage_without_traceback_or_half_a_file(tmp_path, number, status):
    code = """
import time
from pathlib import Path
from jointaware.atomic import writing
from stages.command import run
def main():
    with writing(Path("out")) as path:
        path.write_text("half")
        print("writing", flush=True)
        time.sleep(60)
run(main)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "writing\n"
    process.send_signal(number)
    _, printed = process.communicate(timeout=30)
    assert process.returncode == status
    assert printed == ("interrupted\n" if number == signal.SIGINT else "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("licensed: found no <subject>/<Action>.npz, expected at least one", "licensed"),
        ("nets/paper.bin: No such file or directory", "nets/paper.bin"),
        (
            "experiments.wide.checkpoint: found no file my nets/the paper's.bin, expected a checkpoint",
            "my nets/the paper's.bin",
        ),
        ("params.yaml: train.epochs: found 0, expected at least 1", ""),
        ("tracked: found no takes", ""),
    ],
)
def test_a_queued_experiment_says_how_to_name_what_git_does_not_track(tmp_path, message, names):
    queued = tmp_path / ".dvc/tmp/exps/tmp123"
    for file in ("licensed/README.md", "tracked/a", "params.yaml"):
        for folder in (tmp_path, queued):
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).touch()
    for file in ("licensed/S1.tgz", "nets/paper.bin", "my nets/the paper's.bin"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    hint = command.left_behind(message, queued)
    assert hint.endswith(f"name it {tmp_path / names} in params.yaml" if names else "")
    assert bool(hint) == bool(names)
    assert not command.left_behind(message, tmp_path)

"""The faults harness: a few of each class hold, and a product that does not hold is found out."""

import re
import sys
import time
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from bench.faults import __main__ as faults
from bench.faults import _results, _verdict, mutations
from bench.faults._checkout import Grounds, Try
from bench.faults._child import run_child
from bench.faults._verdict import complaint


@pytest.mark.slow
def test_some_faults_of_each_class_hold(tmp_path, monkeypatch, capsys):
    few = {"kills": 4, "mutations": 12, "hostile": 12, "implausible": 12, "disk": 4, "pairs": 2, "flips": 3, "shell": 1}
    classes = {name: kind._replace(short=few[name]) for name, kind in faults.CLASSES.items() if name in few}
    monkeypatch.setattr(faults, "CLASSES", classes)
    with pytest.raises(SystemExit) as ended:
        faults.main(["--classes", *classes, "--out", str(tmp_path / "faults.csv")])
    assert ended.value.code == 0, capsys.readouterr().err
    table = pd.read_csv(tmp_path / "faults.csv", index_col="kind")
    assert table["tries"].to_dict() == few
    assert not table["failed"].any()


def fails_with(words: str) -> Try:
    return Try("a fault", lambda: words)


def test_a_failure_is_listed_with_what_repeats_it(monkeypatch, capsys):
    kind = faults.Kind("faults", lambda grounds, seed: [fails_with(""), fails_with("lost a file")], 2)
    monkeypatch.setattr(faults, "CLASSES", {"made_up": kind})
    with pytest.raises(SystemExit) as ended:
        faults.main(["--classes", "made_up"])
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "lost a file (--only made_up:1)" in printed.err
    assert re.search(r"made_up +2 +2 +1 +1 +lost a file", printed.out)
    with pytest.raises(SystemExit):
        faults.main(["--only", "made_up:1"])
    assert "a fault: lost a file" in capsys.readouterr().out


def numbers_tried(monkeypatch, path, *arguments, failing: int | None = None, stopping: int | None = None) -> list[int]:
    """The numbers of the tries that a long run of five makes, one of which may fail or be interrupted."""
    tried: list[int] = []

    def attempt(number: int) -> str:
        if number == stopping:
            raise KeyboardInterrupt
        tried.append(number)
        return "lost a file" if number == failing else ""

    def tries(grounds, seed):
        return [Try("a fault", partial(attempt, number)) for number in range(5)]

    monkeypatch.setattr(faults, "CLASSES", {"made_up": faults.Kind("faults", tries, 2)})
    with pytest.raises((SystemExit, KeyboardInterrupt)):
        faults.main(["--long", "--classes", "made_up", "--out", str(path), *arguments])
    return tried


def test_a_long_run_that_was_stopped_goes_on_after_its_last_try(tmp_path, monkeypatch):
    assert numbers_tried(monkeypatch, tmp_path / "faults.csv", stopping=3) == [0, 1, 2]
    assert _results.read(tmp_path / "faults.csv")["made_up"][2:6] == (3, 5, 3, 0)
    assert numbers_tried(monkeypatch, tmp_path / "faults.csv", "--resume") == [3, 4]
    assert _results.read(tmp_path / "faults.csv")["made_up"][2:6] == (5, 5, 5, 0)
    assert numbers_tried(monkeypatch, tmp_path / "faults.csv", "--resume") == []


def test_a_class_that_failed_is_tried_again_from_its_first_try(tmp_path, monkeypatch):
    numbers_tried(monkeypatch, tmp_path / "faults.csv", failing=1)
    assert _results.read(tmp_path / "faults.csv")["made_up"].failure == "lost a file"
    assert numbers_tried(monkeypatch, tmp_path / "faults.csv", "--resume") == [0, 1, 2, 3, 4]


def test_rows_of_other_classes_stay_in_the_table(tmp_path):
    for kind in ("one", "two", "one"):
        _results.keep(tmp_path / "faults.csv", _results.summarise(kind, kind, 5, []))
    assert [*_results.read(tmp_path / "faults.csv")] == ["one", "two"]


def says(*lines: str, status: int = 2):
    def call() -> None:
        print(*lines, sep="\n", file=sys.stderr)
        sys.exit(status)

    return call


def test_one_line_and_status_2_are_held(tmp_path):
    assert not complaint(run_child(says("error: a.npz: damaged"), tmp_path))
    assert not complaint(run_child(says("joint_aware-0: resuming after epoch 1", "error: a.npz: damaged"), tmp_path))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (says("error: a", "error: b"), "said 2 lines"),
        (says("error: [Errno 28] No space left on device"), "names no file"),
        (says("error: a: MemoryError: Unable to allocate 204. TiB"), "took memory before looking"),
        (says("killed", status=1), "exit status 1"),
        (lambda: 1 / 0, "traceback: ZeroDivisionError"),
        (lambda: bytearray(1200 * 2**20), "took 1... MiB"),
    ],
)
def test_what_is_not_held_is_told(tmp_path, call, words):
    assert re.match(words, complaint(run_child(call, tmp_path)))


def test_processor_time_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(_verdict, "SECONDS", 0.1)
    assert complaint(run_child(lambda: sum(range(2**23)), tmp_path)).startswith("took 0.")


def test_a_child_that_waits_forever_hangs(tmp_path, monkeypatch):
    monkeypatch.setattr("bench.faults._child.PATIENCE", 0.2)
    assert complaint(run_child(lambda: time.sleep(60), tmp_path)) == "hangs"


def test_damage_is_the_same_for_the_same_seed(tmp_path):
    first, again = (mutations.tries(Grounds(tmp_path), 0) for _ in range(2))
    assert [each.words for each in first] == [each.words for each in again]
    assert len(first) == mutations.NUMBER


@pytest.mark.parametrize("kind", mutations.KINDS)
def test_damage_changes_a_file(kind):
    import numpy as np

    content = Path(__file__).read_bytes()
    assert kind(content, np.random.default_rng(0)) != content

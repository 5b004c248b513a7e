"""One function for several items at once: order, errors, and no process left behind."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from jointaware.errors import InputError
from jointaware.side_by_side import CORES, cores, has_siblings, side_by_side
from tests.house import ROOT


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setenv(CORES, "2")


def square(number: int) -> tuple[int, int, bool]:
    return number**2, os.getpid(), has_siblings()


def refuse_one(number: int) -> int:
    if number == 1:
        raise InputError("item 1: found 1, expected another number")
    return number


@contextmanager
def sign_of_life(folder: Path, name: object):
    """A file that exists while the block runs."""
    path = folder / f"{name}.{os.getpid()}"
    try:
        path.touch()
        yield
    finally:
        path.unlink(missing_ok=True)


def refuse_or_wait(path: Path) -> None:
    """`refuse` raises once `wait` is there."""
    if path.name == "wait":
        with sign_of_life(path.parent, "waiting"):
            time.sleep(60)
    while not any(path.parent.iterdir()):
        time.sleep(0.02)
    raise InputError("refused")


def divide(number: int) -> float:
    return 1 / number


def die(number: int) -> None:
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def wait(folder: str) -> None:
    with sign_of_life(Path(folder), "waiting"):
        time.sleep(60)


def test_results_come_in_order_from_processes_of_their_own():
    results = side_by_side(square, range(4))
    assert [value for value, _, _ in results] == [0, 1, 4, 9]
    assert os.getpid() not in {process for _, process, _ in results}
    assert len({process for _, process, _ in results}) == 4
    assert all(child for _, _, child in results)


@pytest.mark.parametrize(("items", "threads", "available"), [(1, 1, "2"), (2, 2, "2"), (2, 3, "2"), (2, 1, "1")])
def test_one_item_or_too_few_cores_run_here_one_after_another(items, threads, available, monkeypatch):
    monkeypatch.setenv(CORES, available)
    results = side_by_side(square, range(items), threads=threads)
    assert results == [(number**2, os.getpid(), False) for number in range(items)]


def test_no_items_have_no_results():
    assert side_by_side(square, []) == []


def test_a_mistake_in_a_child_comes_back_as_it_is():
    with pytest.raises(InputError, match=r"^item 1: found 1, expected another number$"):
        side_by_side(refuse_one, range(3))


def test_the_first_failure_stops_the_others_and_lets_them_clean_up(tmp_path):
    with pytest.raises(InputError, match="refused"):
        side_by_side(refuse_or_wait, [tmp_path / "wait", tmp_path / "refuse"])
    assert not list(tmp_path.iterdir())


def test_a_process_that_dies_is_named_in_one_line():
    with pytest.raises(InputError, match=r"^1: its process died \(killed, perhaps because memory ran out\)$"):
        side_by_side(die, range(2))


def test_a_mistake_of_ours_comes_with_the_traceback_of_the_child():
    with pytest.raises(ZeroDivisionError) as caught:
        side_by_side(divide, range(2))
    assert "in divide" in "".join(caught.value.__notes__)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda sent: sent.name)
def test_no_child_outlives_its_parent(tmp_path, sent):
    code = f"from tests.test_side_by_side import *; side_by_side(wait, [{str(tmp_path)!r}] * 2)"
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)

    def until(done):
        deadline = time.monotonic() + 30
        while not done() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert done()

    until(lambda: len(list(tmp_path.iterdir())) == 2)
    parent.send_signal(sent)
    _, errors = parent.communicate(timeout=30)
    assert parent.returncode != 0
    assert errors.count("Traceback") == (sent == signal.SIGINT)  # the parent's own KeyboardInterrupt
    until(lambda: not list(tmp_path.iterdir()))


def test_stages_take_one_thread_and_remember_the_cores_of_the_user():
    shown = (
        'import os, stages; from jointaware.side_by_side import cores; print(cores(), os.environ["OMP_NUM_THREADS"])'
    )
    nested = f"import stages, subprocess, sys; subprocess.run([sys.executable, '-c', {shown!r}], check=True)"
    plain = {key: value for key, value in os.environ.items() if key not in (CORES, "OMP_NUM_THREADS")}
    everything = str(len(os.sched_getaffinity(0)))
    for given, expected in ({"OMP_NUM_THREADS": "3"}, "3"), ({"OMP_NUM_THREADS": "1"}, "1"), ({}, everything):
        for code in (shown, nested):
            done = subprocess.run(
                [sys.executable, "-c", code], cwd=ROOT, env=plain | given, capture_output=True, text=True, check=True
            )
            assert done.stdout.split() == [expected, "1"]


def test_cores_are_those_of_the_environment_else_of_this_process(monkeypatch):
    assert cores() == 2
    monkeypatch.setenv(CORES, "")
    assert cores() == len(os.sched_getaffinity(0))
    monkeypatch.delenv(CORES)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert cores() == 5

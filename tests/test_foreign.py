"""Files that others wrote can neither hang nor exhaust the process, and every error is one line."""

import os
import resource
import signal
import socket
import struct
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from jointaware import foreign
from jointaware.errors import InputError
from jointaware.foreign import check_regular, listed, reading, visible


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(b"content")
    return path


@pytest.fixture
def limits():
    """Handler, timer and memory limit of the process, which must be the same afterwards."""

    def current():
        return (
            signal.getsignal(signal.SIGPROF),
            signal.getitimer(signal.ITIMER_PROF),
            resource.getrlimit(resource.RLIMIT_AS),
        )

    before = current()
    yield
    assert current() == before


def spin(seconds=20.0):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_only_regular_files_are_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)  # a socket's path is short
        listener.bind("socket")
    for path, found in [
        (tmp_path / "pipe", "a named pipe"),
        (tmp_path / "link", "a named pipe"),
        (tmp_path / "socket", "a socket"),
        (tmp_path, "a folder"),
        (foreign.Path("/dev/zero"), "a device"),
    ]:
        with pytest.raises(InputError, match=rf"^{path}: found {found}, expected numbers$"), reading(path, "numbers"):
            raise AssertionError("the block runs")


def test_what_is_obviously_something_else_is_called_by_its_name(tmp_path):
    for content, found in {
        b"": "an empty file",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n": "a Git LFS pointer",
        b"\n<!DOCTYPE html><html>Sign in": "a web page",
    }.items():
        path = tmp_path / "take.npz"
        path.write_bytes(content)
        with pytest.raises(InputError, match=f"^{path}: found {found}.*, expected numbers$"), reading(path, "numbers"):
            raise AssertionError("the block runs")


def test_a_link_to_a_file_is_followed_and_a_broken_one_named(tmp_path, file):
    (tmp_path / "link").symlink_to(file)
    with reading(tmp_path / "link", "numbers"):
        pass
    file.unlink()
    with pytest.raises(InputError, match=r"link: cannot be read \(FileNotFoundError"), reading(tmp_path / "link", "a"):
        pass


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), struct.error("short"), KeyError("a\n" * 999)])
def test_any_error_is_one_short_line_that_names_the_part(file, limits, error):
    expected = r"^file\.bin: S1: cannot be read \(.*\), expected numbers$"
    with pytest.raises(InputError, match=expected) as refusal, reading(file, "numbers", where="file.bin: S1"):
        raise error
    assert len(str(refusal.value)) < 400


def test_a_mistake_that_is_already_described_passes_unchanged(file, limits):
    with pytest.raises(InputError, match=r"^the message$"), reading(file, "numbers"):
        raise InputError("the message")


def test_endless_work_on_a_small_file_is_stopped_even_where_every_exception_is_caught(file, limits, monkeypatch):
    monkeypatch.setattr(foreign, "SECONDS", 0.2)
    finished = False
    with pytest.raises(InputError, match=r"TimeoutError: more than 0.2 seconds of work"), reading(file, "numbers"):
        try:
            spin()
        except Exception:
            spin()
            finished = True
    assert not finished


def test_time_of_other_processes_and_waiting_do_not_count(file, limits, monkeypatch):
    monkeypatch.setattr(foreign, "SECONDS", 0.2)
    with reading(file, "numbers"):
        time.sleep(0.5)


def test_more_memory_than_a_small_file_can_need_is_refused(file, limits):
    with pytest.raises(InputError, match="MemoryError: Unable to allocate"), reading(file, "numbers"):
        np.ones(2**27)
    with pytest.raises(InputError, match="MemoryError: more than 256 MiB"), reading(file, "numbers"):
        bytearray(2**30)


def test_within_another_the_tighter_limit_holds_and_the_outer_goes_on(file, limits, monkeypatch):
    monkeypatch.setattr(foreign, "SECONDS", 0.4)
    with pytest.raises(InputError, match=r"outer: .*TimeoutError"), reading(file, "numbers", where="outer"):
        monkeypatch.setattr(foreign, "SECONDS", 0.1)
        with pytest.raises(InputError, match=r"inner: .*TimeoutError"), reading(file, "numbers", where="inner"):
            spin()
        spin()


def test_in_a_thread_files_are_read_without_limits(file, limits):
    errors = []

    def read():
        try:
            with reading(file, "numbers"):
                np.ones(100)
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert not errors


def test_warnings_of_the_library_are_not_shown(file):
    with reading(file, "numbers"):
        warnings.warn("invalid value", RuntimeWarning, stacklevel=1)


def test_names_found_in_a_file_are_listed_in_one_short_line():
    assert listed(["S1", 3, b"S5"]) == "S1, 3, b'S5'"
    assert listed([]) == "none"
    assert listed(["a\nb\x1b[0m"]) == "a b [0m"
    assert len(listed(["S" * 10**6] * 10**4)) < 500


def test_files_that_other_systems_add_are_not_the_users(tmp_path):
    names = ["A/1.npz", "A/._1.npz", ".A/1.npz", "__MACOSX/1.npz", "@eaDir/1.npz", "B/2.npz"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert visible(tmp_path, "*/*.npz") == [tmp_path / "A/1.npz", tmp_path / "B/2.npz"]


def test_what_may_never_end_is_refused_before_it_is_opened(tmp_path, file):
    os.mkfifo(tmp_path / "pipe")
    for path, found in {tmp_path / "pipe": "a named pipe", "/dev/zero": "a device", tmp_path: "a folder"}.items():
        with pytest.raises(InputError, match=f"{path}: found {found}, expected a file"):
            check_regular(Path(path))
    check_regular(file)
    check_regular(tmp_path / "missing")

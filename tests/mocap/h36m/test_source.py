"""What fetch is pointed to is looked at before it is opened."""

import os

import pytest

from jointaware.errors import InputError
from jointaware.mocap.h36m.source import fetch, missing
from jointaware.mocap.sources import H36mSettings
from tests.mocap.h36m_files import made_up, write_npz

SETTINGS = H36mSettings(keypoints="mine", keypoints_sha256="")
KEYPOINTS = "data_2d_h36m_mine.npz"


@pytest.mark.parametrize("name", ["data_3d_h36m.npz", KEYPOINTS])
def test_a_named_pipe_is_refused_instead_of_waited_for(tmp_path, name):
    write_npz(tmp_path, made_up(["S1"], ["Walking"]))
    (tmp_path / KEYPOINTS).write_bytes(b"content")
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    assert missing(SETTINGS, tmp_path, ["S1"]) is None
    with pytest.raises(InputError, match=rf"{name}: found a named pipe"):
        fetch(SETTINGS, tmp_path, tmp_path / "raw", ["S1"])


@pytest.mark.parametrize("name", ["data_3d_h36m.npz", KEYPOINTS])
def test_a_pointer_or_page_in_place_of_a_file_is_refused_by_fetch(tmp_path, name):
    write_npz(tmp_path, made_up(["S1"], ["Walking"]))
    (tmp_path / KEYPOINTS).write_bytes(b"content")
    for content, found in {
        b"version https://git-lfs.github.com/": "Git LFS",
        b"<html>": "a web page",
        b"": "empty",
    }.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=rf"{name}: found .*{found}"):
            fetch(SETTINGS, tmp_path, tmp_path / "raw", ["S1"])

"""Fetching: every source, what the manifest says, and what is refused."""

import functools
import http.server
import json
import shutil
import sys
import threading

import numpy as np
import pytest
import yaml

from mocap import arrays
from mocap.take import Take
from stages import fetch
from stages._command import UserError
from stages._files import sha256
from tests.house import ROOT


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Run the stage with changes to the section data; returns the manifest."""

    def start(*flags: str, **changes: object) -> dict:
        parameters = yaml.safe_load((ROOT / "profiles/demo.yaml").read_text())
        parameters["data"] |= changes
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters))
        monkeypatch.chdir(tmp_path)
        paths = ["--params", "params.yaml", "--raw", "data/raw", "--manifest", "data/manifest.json"]
        monkeypatch.setattr(sys, "argv", ["fetch", *paths, *flags])
        fetch.main()
        manifest = tmp_path / "data/manifest.json"
        return json.loads(manifest.read_text()) if manifest.exists() else {}

    return start


@pytest.fixture
def own_motion(tmp_path):
    """A folder of two takes in the form of the source arrays."""
    joints = np.random.default_rng(0).normal(0, 0.3, (20, 17, 3)).astype(np.float32)
    for subject in ("A", "B"):
        arrays.write_take(tmp_path / "own", Take(subject, "Walking", "1", joints, 60.0))
    return tmp_path / "own"


def test_synthetic_motion_is_made_once_for_every_name_and_twice_the_same(start, tmp_path):
    settings = {"frames": 12, "fps": 50, "seed": 0}
    manifest = start(synthetic=settings)
    assert len(manifest["files"]) == 7 * 15 * 2
    assert sha256(tmp_path / manifest["files"][0]["path"]) == manifest["files"][0]["sha256"]
    assert start(synthetic=settings) == manifest
    assert start(synthetic=settings | {"seed": 1})["files"] != manifest["files"]


def test_own_motion_is_copied_and_listed(start, tmp_path, own_motion):
    manifest = start(source="arrays", path=str(own_motion))
    assert [file["origin"] for file in manifest["files"]] == [str(own_motion / f"{s}/Walking 1.npz") for s in "AB"]
    for file in manifest["files"]:
        assert sha256(tmp_path / file["path"]) == file["sha256"]


def test_a_bad_take_is_named_and_the_earlier_motion_stays(start, tmp_path, own_motion):
    start(source="arrays", path=str(own_motion))
    (own_motion / "B/Walking 1.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"B/Walking 1\.npz"):
        start(source="arrays", path=str(own_motion))
    assert len(list((tmp_path / "data/raw").rglob("*.npz"))) == 2
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"raw", "manifest.json"}


def test_cmu_comes_from_a_copy_and_every_file_is_checked(start, shared, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(shared / "data/cmu", copy, copy_function=shutil.copyfile)
    manifest = start(source="cmu", cmu={"url": f"file://{copy}"})
    assert len(manifest["files"]) == 22
    assert start(source="cmu", cmu={"url": "file://copy"})["files"][0]["origin"].startswith("file://copy/subjects")
    with (copy / "subjects/02/02_01.amc").open("r+b") as file:
        file.write(b"x")
    with pytest.raises(UserError, match=r"02_01\.amc: SHA-256 is .*, expected"):
        start(source="cmu", cmu={"url": f"file://{copy}"})


def test_an_address_that_does_not_answer_is_named(start):
    with pytest.raises(UserError, match=r"file:///nowhere/subjects/.*data\.cmu\.url"):
        start(source="cmu", cmu={"url": "file:///nowhere"})


def test_missing_human36m_is_told_in_one_message_and_nothing_is_written(start, tmp_path):
    (tmp_path / "licensed").mkdir()
    with pytest.raises(UserError) as caught:
        start(source="h36m", path="licensed")
    message = str(caught.value)
    for part in ("data_3d_h36m.npz", "data_2d_h36m_cpn_ft_h36m_dbb.npz", "vision.imar.ro", "licensed"):
        assert part in message
    assert "\n" not in message
    assert not (tmp_path / "data").exists()


def test_a_check_writes_nothing(start, tmp_path):
    start("--check")
    assert not (tmp_path / "data").exists()


@pytest.fixture
def site(tmp_path):
    """A web site on this machine with one file; its address and the file's digest."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "01.asf").write_bytes(b"a skeleton\r\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}", sha256(folder / "01.asf")
        server.shutdown()


def test_cmu_is_downloaded_from_the_web_byte_for_byte(start, site, monkeypatch, tmp_path):
    url, digest = site
    monkeypatch.setattr(fetch.cmu, "files", lambda: {"01.asf": digest})
    [file] = start(source="cmu", cmu={"url": url})["files"]
    assert (file["origin"], file["bytes"], file["sha256"]) == (f"{url}/01.asf", 12, digest)
    assert (tmp_path / "data/raw/01.asf").read_bytes() == b"a skeleton\r\n"


def test_what_the_web_does_not_have_is_named(start, site, monkeypatch, tmp_path):
    url, digest = site
    monkeypatch.setattr(fetch.cmu, "files", lambda: {"02.asf": digest})
    with pytest.raises(UserError, match=r"02\.asf: cannot be read \(HTTP Error 404"):
        start(source="cmu", cmu={"url": url})
    assert not (tmp_path / "data/raw").exists()

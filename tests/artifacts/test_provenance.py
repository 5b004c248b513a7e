"""Where and when a network was made: the digest of the code in use, the commit, and the record of who made it first."""

import shutil
import subprocess
import sys
from types import ModuleType

import pytest

from jointaware.artifacts import provenance
from jointaware.artifacts.provenance import code_digest, environment, read_provenance, write_provenance
from jointaware.errors import InputError


@pytest.fixture
def load_module(tmp_path, monkeypatch):
    """Write a module below a checkout of its own and pretend that it was imported."""

    def load(path):
        module = tmp_path / path
        module.parent.mkdir(parents=True)
        module.write_text("value = 1\n")
        loaded = ModuleType("stages.loaded")
        loaded.__file__ = str(module)
        monkeypatch.setattr(provenance, "ROOT", tmp_path)
        monkeypatch.setitem(sys.modules, "stages.loaded", loaded)
        return module

    return load


@pytest.mark.parametrize("path", ["stages/deep/down/code.py", "jointaware/pose/code.py", "jointaware/errors.py"])
def test_code_at_any_depth_of_a_room_enters_the_digest(load_module, path):
    module = load_module(path)
    before = code_digest()
    module.write_text("value = 2\n")
    assert code_digest() != before


@pytest.mark.parametrize("path", [".venv/lib/stages/code.py", "tests/code.py"])
def test_code_outside_the_rooms_does_not(load_module, path):
    outside = load_module(path)
    before = code_digest()
    outside.write_text("value = 2\n")
    assert code_digest() == before


def test_the_code_of_this_checkout_is_in_the_digest(monkeypatch):
    before = code_digest()
    monkeypatch.setattr(provenance, "ROOMS", ("stages",))
    assert code_digest() != before


def git(folder, *arguments):
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with one commit."""
    for name in ("jointaware/__init__.py", "params.yaml", "dvc.lock", "README.md", "results/metrics.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("first\n")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "first")
    monkeypatch.setattr(provenance, "ROOT", tmp_path)
    return tmp_path


def test_the_commit_has_a_plus_where_tracked_files_differ_but_for_results(checkout):
    commit = git(checkout, "rev-parse", "HEAD")
    for name in ("dvc.lock", "README.md", "results/metrics.json", "new.py"):
        (checkout / name).write_text("second\n")
    assert environment().commit == commit
    (checkout / "params.yaml").write_text("second\n")
    assert environment().commit == f"{commit}+"


def test_without_a_checkout_the_commit_is_unknown(checkout, tmp_path_factory, monkeypatch):
    installed = checkout / ".venv/lib/site-packages"
    installed.mkdir(parents=True)
    shutil.copytree(checkout / "jointaware", installed / "jointaware")
    monkeypatch.setattr(provenance, "ROOT", installed)
    assert environment().commit == "unknown"
    monkeypatch.setattr(provenance, "ROOT", tmp_path_factory.mktemp("unpacked"))
    assert environment().commit == "unknown"


def made(network: str, seconds: float) -> provenance.Provenance:
    cost = {"device": "cpu", "threads": 1, "processes": 1, "epoch_seconds": (seconds, 2 * seconds)}
    return provenance.provenance(network, **cost)


def test_who_made_the_same_bytes_first_stays_on_record(tmp_path):
    path = tmp_path / "wide-0.json"
    write_provenance(path, made("abc", 1.0))
    first = path.read_bytes()
    write_provenance(path, made("abc", 9.0))
    assert path.read_bytes() == first
    assert read_provenance(path, "abc") == made("abc", 1.0)
    assert read_provenance(path, "abc").seconds == 3.0
    write_provenance(path, made("def", 9.0))
    assert read_provenance(path, "abc") is None
    assert read_provenance(path, "def").epoch_seconds == (9.0, 18.0)


def test_a_missing_record_is_none_and_a_foreign_one_is_refused_and_replaced(tmp_path):
    path = tmp_path / "wide-0.json"
    assert read_provenance(path, "abc") is None
    path.write_text('{"network_sha256": "abc"}')
    with pytest.raises(InputError, match=r"^\S+wide-0\.json: Field required, expected what stages\.train wrote"):
        read_provenance(path, "abc")
    write_provenance(path, made("abc", 1.0))
    assert read_provenance(path, "abc") == made("abc", 1.0)

"""What travels between two clones: all that came from free motion, and nothing that came from licensed motion."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from jointaware.artifacts.parameters import load
from tests.house import ROOT
from tests.tiny import read_yaml, write_yaml
from tests.tiny_checkout import commit, fails, is_clean, repro, run
from workflow import trace

STAGES = read_yaml(ROOT / "dvc.yaml")["stages"]
OBJECTS = "remote/files/md5/*/*"
NETWORK = "models/joint_aware/0/network.safetensors"
PULL = "python -m workflow.pull"
AGAIN = "`dvc push` where it is, then pull"
UNREACHABLE = "cannot be reached, or nothing was ever pushed to it; nothing has changed"


def keep(folder: Path, remote: Path | str) -> None:
    """Add a default remote to a checkout, as README shows it."""
    run(folder, f"dvc remote add --default storage {remote}")
    run(folder, "dvc remote modify storage verify true")
    commit(folder, "remote")


def refused(folder: Path) -> str:
    """The one line that a pull ends with."""
    (line,) = fails(folder, PULL).strip().splitlines()
    return line.removeprefix("error: ")


def locked(folder: Path, stage: str) -> list[dict]:
    """The outputs of a stage in dvc.lock."""
    return read_yaml(folder / "dvc.lock")["stages"][stage]["outs"]


@pytest.fixture(scope="session")
def two_clones(reproduced, once) -> Path:
    """A folder with a finished checkout `first`, its outputs in `remote`, and a fresh clone `second`."""

    def fill(folder: Path) -> None:
        first = shutil.copytree(reproduced, folder / "first", symlinks=True)
        keep(first, "../remote")
        run(first, "dvc push")
        run(folder, "git clone --quiet first second")

    return once("two_clones", fill)


@pytest.fixture
def pushed(two_clones, tmp_path) -> Path:
    """The finished checkout, to spoil with the remote and the clone beside it."""
    shutil.copytree(two_clones, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path / "first"


@pytest.fixture
def second(pushed, tmp_path) -> Path:
    """The fresh clone."""
    return tmp_path / "second"


def test_what_dvc_keeps_names_source_and_remote():
    kept = [
        out
        for stage in STAGES.values()
        for out in stage.get("do", stage).get("outs", [])
        if isinstance(out, str) or next(iter(out.values())).get("cache", True)
    ]
    assert kept
    for out in kept:
        ((path, settings),) = out.items()
        assert path.startswith("${data.source}/../")
        assert settings == {"remote": "${data.remote}"}


@pytest.mark.slow
def test_a_fresh_clone_pulls_everything_and_has_nothing_to_do(second):
    run(second, "dvc pull")
    assert (second / "results/report.html").is_file()
    assert is_clean(second)
    run(second, "python -m workflow.trace --all")
    shutil.rmtree(second / ".dvc/cache")
    for folder in ("data", "models", "predictions", "smoothers", "frame_errors"):
        shutil.rmtree(second / folder)
    assert repro(second, "--pull") == (set(), set())
    assert is_clean(second)


def test_a_trace_advises_what_works_in_the_clone_it_is_asked_in(second, tmp_path, monkeypatch):
    monkeypatch.chdir(second)
    assert trace.how_to_get([NETWORK]) == ["models/joint_aware: missing; run `dvc pull models/joint_aware`"]
    run(second, "dvc pull --quiet models/joint_aware")
    assert Path(NETWORK).is_file()
    Path(NETWORK).unlink()
    assert trace.how_to_get([NETWORK]) == ["models/joint_aware: incomplete; run `dvc checkout models/joint_aware`"]
    shutil.rmtree(second / ".dvc/cache")
    shutil.rmtree(tmp_path / "remote")
    assert trace.how_to_get([NETWORK]) == ["models/joint_aware: incomplete; run `dvc repro train@joint_aware`"]
    run(second, "dvc remote remove storage")
    assert trace.how_to_get([NETWORK]) == ["models/joint_aware: incomplete; run `dvc repro train@joint_aware`"]


def test_a_damaged_object_is_not_taken_and_a_new_push_repairs_the_remote(pushed, second, tmp_path):
    digest = next(out["md5"] for out in locked(pushed, "fetch") if out["path"].endswith("manifest.json"))
    damaged = tmp_path / f"remote/files/md5/{digest[:2]}/{digest[2:]}"
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"#")
    assert "targets:\ndata/manifest.json" in fails(second, "dvc pull")
    lacking = "lacks data/manifest.json, or has it damaged"
    assert refused(second) == f"remote storage ({tmp_path}/remote): {lacking}; {AGAIN}"
    assert not (second / "data/manifest.json").exists()
    assert "1 file pushed" in run(pushed, "dvc push")
    assert run(second, PULL) == "1 outputs are new, 0 changed\n"
    assert is_clean(second)
    assert run(second, PULL) == "everything was here\n"


@pytest.mark.slow
def test_a_damaged_list_of_a_folder_is_told_in_one_line_with_the_cure(pushed, second, tmp_path):
    damaged = next((tmp_path / "remote").rglob("*.dir"))
    damaged.chmod(0o644)
    damaged.write_text("#")
    name = f"{damaged.parent.name}{damaged.name}"
    said = f"remote storage ({tmp_path}/remote): object {name} is corrupted; delete it there, {AGAIN}"
    assert refused(second) == said
    damaged.unlink()
    run(pushed, "dvc push")
    run(second, PULL)
    assert is_clean(second)


@pytest.mark.slow
def test_a_remote_that_cannot_be_reached_changes_nothing_and_a_later_pull_goes_on(second, tmp_path):
    (tmp_path / "remote").rename(tmp_path / "unplugged")
    assert "Checkout failed for following targets" in fails(second, "dvc pull")
    assert refused(second) == f"remote storage ({tmp_path}/remote): {UNREACHABLE}"
    run(second, "dvc remote modify --local storage url http://127.0.0.1:9/pose")
    assert refused(second) == f"remote storage (http://127.0.0.1:9/pose): {UNREACHABLE}"
    (second / ".dvc/config.local").unlink()
    assert not run(second, "git status --porcelain")
    for folder in ("data", "models", "predictions", "results/report.html"):
        assert not [path for path in (second / folder).rglob("*") if path.is_file()]
    (tmp_path / "unplugged").rename(tmp_path / "remote")
    run(second, PULL)
    assert is_clean(second)


@pytest.fixture(scope="session")
def stand_in(reproduced, once) -> Path:
    """A checkout whose outputs stand in for results of Human3.6M, for DVC and git; its default remote is a folder."""

    def fill(folder: Path) -> None:
        licensed = shutil.copytree(reproduced, folder / "licensed", symlinks=True)
        shutil.rmtree(licensed / ".dvc/cache")
        (licensed / "dvc.lock").unlink()
        parameters = read_yaml(licensed / "params.yaml")
        parameters["data"] |= {"source": "h36m", "remote": "h36m"}
        write_yaml(licensed / "params.yaml", parameters)
        load(licensed / "params.yaml")
        run(licensed, "dvc commit --force")
        keep(licensed, "../remote")

    return once("stand_in", fill)


@pytest.fixture
def licensed(stand_in, tmp_path) -> Path:
    """A copy of it to spoil."""
    return shutil.copytree(stand_in / "licensed", tmp_path / "licensed", symlinks=True)


def test_nothing_made_from_human36m_leaves(licensed, tmp_path):
    assert "licensed/README.md" in fails(licensed, "dvc push")
    assert "licensed/README.md" in fails(licensed, "dvc push --run-cache")
    for command in (
        "dvc push --remote storage",
        "dvc push --run-cache --remote storage",
        "dvc push --remote storage -A",
    ):
        run(licensed, command)
    assert not list(tmp_path.glob(OBJECTS))


def test_nothing_leaves_either_when_params_yaml_says_another_source_before_it_is_reproduced(licensed, tmp_path):
    shutil.copy(ROOT / "profiles/demo.yaml", licensed / "params.yaml")
    for command in ("dvc push", "dvc push --run-cache", "dvc push --remote storage"):
        run(licensed, command)
    commit(licensed, "demo")
    run(licensed, "dvc push --all-commits --remote storage")
    assert not list(tmp_path.glob(OBJECTS))


def test_a_holder_of_the_licence_can_name_a_disk_of_their_own(licensed, tmp_path):
    run(licensed, f"dvc remote modify --local h36m url {tmp_path / 'disk'}")
    run(licensed, "dvc push")
    assert list(tmp_path.glob("disk/files/md5/*/*"))
    assert not list(tmp_path.glob(OBJECTS))


@pytest.fixture
def bucket(monkeypatch) -> Iterator[tuple[str, str]]:
    """Address of an empty S3 bucket on this machine, and of its server."""
    for package in ("dvc_s3", "moto"):
        pytest.importorskip(package, reason="S3 is tried where dvc-s3 and moto[server] are installed")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "nobody")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    server = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        create = urllib.request.Request(f"{url}/pose", method="PUT")
        while True:
            try:
                urllib.request.urlopen(create).close()
                break
            except urllib.error.URLError:
                assert server.poll() is None
                time.sleep(0.1)
        yield "s3://pose/demo", url
    finally:
        server.terminate()
        server.wait()


@pytest.mark.slow
def test_an_s3_bucket_is_a_remote_as_well(reproduced, bucket, tmp_path):
    first = shutil.copytree(reproduced, tmp_path / "first", symlinks=True)
    address, url = bucket
    keep(first, address)
    run(first, f"dvc remote modify storage endpointurl {url}")
    commit(first, "endpoint")
    run(first, "dvc push")
    run(tmp_path, "git clone --quiet first second")
    run(tmp_path / "second", "dvc pull")
    assert is_clean(tmp_path / "second")

"""Pruning under the real DVC: leftovers go, and what was up to date stays so."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from dvc.repo import Repo

from jointaware.errors import InputError
from tests.tiny import read_yaml, tiny_parameters, write_yaml
from workflow import prune

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pygtrie, below DVC

PLACES = ("models", "predictions", "smoothers", "frame_errors", "results/runs")
OUTS = [f"{place}/${{key}}" for place in PLACES]
STAGES = {
    "train": {
        "foreach": "${experiments}",
        "do": {
            "cmd": " && ".join(f"mkdir -p {out}/0 && echo ${{key}} > {out}/0/made.safetensors" for out in OUTS),
            "params": ["seeds", "experiments.${key}"],
            "outs": [{out: {"cache": False}} for out in OUTS],
        },
    },
    "aggregate": {
        "cmd": "ls models > table.csv",
        "params": ["experiments"],
        "deps": [*PLACES],
        "outs": [{"table.csv": {"cache": False}}],
    },
    "report": {
        "cmd": "cp table.csv page.html",
        "deps": ["table.csv", *PLACES],
        "outs": [{"page.html": {"cache": False}}],
    },
}


@pytest.fixture
def repo(tmp_path, monkeypatch) -> Repo:
    """A pipeline of the same shape whose runs are files of one line, up to date."""
    monkeypatch.chdir(tmp_path)
    write_yaml(tmp_path / "params.yaml", tiny_parameters() | {"seeds": [0]})
    write_yaml(tmp_path / "dvc.yaml", {"stages": STAGES})
    repo = Repo.init(no_scm=True)
    repo.reproduce()
    for run in ("wide-0", "joint_aware-0", "joint_aware-1"):
        path = tmp_path / f"results/provenance/{run}.json"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return repo


@pytest.fixture
def take_out(repo) -> Callable[[str], None]:
    """Takes an experiment out of params.yaml."""

    def take_out(experiment: str) -> None:
        parameters = read_yaml(Path("params.yaml"))
        del parameters["experiments"][experiment]
        write_yaml(Path("params.yaml"), parameters)
        repo._reset()

    return take_out


def test_an_experiment_taken_out_leaves_nothing_behind_and_nothing_modified(repo, take_out):
    take_out("wide")
    repo.reproduce()
    assert all(Path(place, "wide").exists() for place in PLACES)
    prune.main([])
    assert not any(Path(place, "wide").exists() for place in PLACES)
    assert all(Path(place, "joint_aware").exists() for place in PLACES)
    assert [path.stem for path in Path("results/provenance").iterdir()] == ["joint_aware-0"]
    assert "train@wide" not in read_yaml(Path("dvc.lock"))["stages"]
    assert "train@joint_aware" in read_yaml(Path("dvc.lock"))["stages"]
    assert Repo().status() == {}


def test_tables_of_other_parameters_are_not_taken_for_current(repo, take_out):
    take_out("wide")
    prune.main([])
    assert "aggregate" in Repo().status()
    assert "wide" in Path("table.csv").read_text()
    Repo().reproduce()
    assert "wide\n" not in Path("table.csv").read_text()
    assert Repo().status() == {}


def test_each_run_keeps_its_newest_checkpoint(repo):
    for age, name in enumerate(("wide-0-new", "wide-0-old", "wide-1-of-no-seed", "gone-0-new")):
        folder = Path(".checkpoints", name)
        folder.mkdir(parents=True)
        os.utime(folder, (1000 - age, 1000 - age))
    prune.main([])
    assert [folder.name for folder in Path(".checkpoints").iterdir()] == ["wide-0-new"]


def test_links_are_deleted_but_nothing_that_they_lead_to(repo, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    for name in ("7", "precious"):
        (outside / name).mkdir()
        (outside / name / "file").touch()
    Path("models/gone").symlink_to(outside)
    Path("frame_errors/wide/0/made.safetensors").unlink()
    Path("frame_errors/wide/0").rmdir()
    Path("frame_errors/wide").rmdir()
    Path("frame_errors/wide").symlink_to(outside)
    Path(".checkpoints").mkdir()
    Path(".checkpoints/gone-0-x").symlink_to(outside)
    Path(".checkpoints/gone-1-x").symlink_to("nowhere")
    prune.main([])
    assert sorted(path.as_posix() for path in outside.rglob("file")) == [
        f"{outside}/7/file",
        f"{outside}/precious/file",
    ]
    assert not Path("models/gone").is_symlink()
    assert not list(Path(".checkpoints").iterdir())


def test_a_damaged_lock_is_told_in_one_line(repo):
    Path("dvc.lock").write_text("stages: [")
    with pytest.raises(InputError, match=r"dvc\.lock"):
        prune.main([])


def test_without_anything_made_there_is_nothing_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_yaml(tmp_path / "params.yaml", tiny_parameters())
    prune.main([])
    assert [path.name for path in tmp_path.iterdir()] == ["params.yaml"]

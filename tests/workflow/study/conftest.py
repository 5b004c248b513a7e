"""The results of the tiny pipeline, to be kept as a study."""

import json
import shutil
import subprocess
from types import SimpleNamespace

import pytest

from workflow.study import keep

ABOUT = {
    "studies": {"mine": {"looked_at": "S9 was seen twice.", "chosen_on": "Chosen on others."}},
    "history": [{"study": "first", "verdicts": "6 of 19"}],
}


@pytest.fixture
def results(finished, tmp_path, monkeypatch):
    """The results of the tiny pipeline, and a `dvc status` that finds them current."""
    for name in ("results", "models"):
        shutil.copytree(finished / name, tmp_path / name, ignore=shutil.ignore_patterns("*.safetensors"))
    shutil.copy(finished / "params.yaml", tmp_path)
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    (tmp_path / "paper").mkdir()
    (tmp_path / "paper/studies.yaml").write_text(json.dumps(ABOUT))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    return tmp_path


@pytest.fixture
def kept(results):
    """A study, just kept."""
    keep.main(["mine"])
    return results / "results/studies/mine"

"""Keeping results as a study: complete, summarised, and only when they are those of the parameters."""

import json
import shutil
import subprocess
from types import SimpleNamespace

import pandas as pd
import pytest

from jointaware.analysis.statistics import paired_change
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from workflow import study


@pytest.fixture
def results(finished, tmp_path, monkeypatch):
    """The results of the tiny pipeline, and a `dvc status` that finds them current."""
    for name in ("results", "models"):
        shutil.copytree(finished / name, tmp_path / name, ignore=shutil.ignore_patterns("*.safetensors"))
    shutil.copy(finished / "params.yaml", tmp_path)
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    return tmp_path


def set_commit(results, commit: str) -> None:
    for path in (results / "results/provenance").glob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"commit": commit}))


def test_a_study_holds_the_results_their_origin_and_a_page(results):
    set_commit(results, "0123456789abcdef+")
    study.main(["mine"])
    folder = results / "results/studies/mine"
    for name in ("params.yaml", "dvc.lock"):
        assert (folder / name).read_bytes() == (results / name).read_bytes()
    for name in ("claims.csv", "tables/differences.csv", "figures/differences.svg"):
        assert (folder / name).read_bytes() == (results / "results" / name).read_bytes()
    page = (folder / "README.md").read_text()
    claims = pd.read_csv(folder / "claims.csv", keep_default_na=False)
    counts = [int((claims["verdict"] == verdict).sum()) for verdict in study.VERDICTS]
    assert "tested on S9, S11" in page
    assert "code of commit 0123456789 made them" in page
    experiments = load(results / "params.yaml").experiments
    widths = ", ".join(f"{experiments[name].channels} in {name}" for name in ("baseline", "wide", "joint_aware"))
    assert f"channels: {widths}, where" in page
    reproduced, not_reproduced, not_testable = counts
    assert (
        f"Of {sum(counts)} claims: {reproduced} reproduced, {not_reproduced} not reproduced, {not_testable} not" in page
    )
    assert sum(counts) == len(claims) == 22
    assert "A Savitzky-Golay filter on the predictions of `wide` changes MPJPE" in page
    assert "## Each term alone, and left out" in page
    assert all(f"- {claim.says} ({claim.source}). {claim.why}." in page for claim in claims.itertuples())


def test_every_interval_of_a_study_can_be_computed_again(results):
    study.main(["mine"])
    folder = results / "results/studies/mine"
    change = pd.read_csv(folder / "tables/differences.csv").query(
        "row == 'joint_aware' and variant == 'smoothed' and against == 'wide' and against_variant == 'raw'"
    ).iloc[-1]  # fmt: skip
    ours, reference = (
        pd.concat(pd.read_csv(path, keep_default_na=False) for path in folder.glob(pattern))
        for pattern in ("runs/joint_aware/*/smoothed/by_sequence.csv", "runs/wide/*/by_sequence.csv")
    )
    again = paired_change(ours, reference, change["metric"])
    assert list(again) == pytest.approx([change["percent"], change["low"], change["high"]], rel=1e-5)


def test_networks_of_unknown_origin_are_told(results):
    shutil.rmtree(results / "results/provenance")
    study.main(["mine"])
    assert "code of commit not recorded made them" in (results / "results/studies/mine/README.md").read_text()


def test_results_of_other_parameters_are_refused(results, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(InputError, match=r"results: not the results of params\.yaml"):
        study.main(["mine"])
    assert not (results / "results/studies").exists()


def test_a_second_study_of_the_name_takes_the_place_of_the_first(results):
    study.main(["mine"])
    (results / "results/studies/mine/old").touch()
    study.main(["mine"])
    assert not (results / "results/studies/mine/old").exists()

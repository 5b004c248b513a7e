"""Keeping results as a study: complete, summarised, and only when they are those of the parameters."""

import json
import shutil
import subprocess
from types import SimpleNamespace

import pandas as pd
import pytest

from jointaware.analysis.intervals import Bootstrap, Motion
from jointaware.analysis.verdicts import VERDICTS
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from tests.house import ROOT
from workflow.study import keep as study
from workflow.study.introduction import table_of_experiments
from workflow.study.kept import Study


def set_commit(results, commit: str) -> None:
    for path in (results / "results/provenance").glob("*.json"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"commit": commit}))


def test_a_study_holds_the_results_their_origin_and_a_page(results, monkeypatch):
    set_commit(results, "0123456789abcdef+")
    study.main(["mine"])
    folder = results / "results/studies/mine"
    for name in ("params.yaml", "dvc.lock"):
        assert (folder / name).read_bytes() == (results / name).read_bytes()
    for name in ("claims.csv", "tables/differences.csv", "figures/differences.svg"):
        assert (folder / name).read_bytes() == (results / "results" / name).read_bytes()
    page = (folder / "README.md").read_text()
    claims = pd.read_csv(folder / "claims.csv", keep_default_na=False)
    assert "tested on S9, S11" in page
    assert "code of commit 0123456789 made them" in page
    experiments = load(results / "params.yaml").experiments
    for name, experiment in experiments.items():
        assert f"\n| `{name}` | {experiment.channels} | temporal convolutional, " in page
    for verdict in VERDICTS:
        assert (f"\n## {verdict.capitalize()}\n" in page) == (verdict in set(claims["verdict"]))
    sample = claims["sample"].mode()[0]
    assert f"intervals below are over {sample}." in page
    for claim in claims.itertuples():
        assert f"- {claim.says} ({claim.source}). {claim.why.removesuffix(f' over {sample}')}." in page
    assert "A Savitzky-Golay filter on the predictions of `wide` changes MPJPE" in page
    assert "A learned smoother, trained on what each network predicts of the people that it was trained on, " in page
    assert "## Each term alone, and left out" in page
    assert "nan" not in page
    monkeypatch.undo()
    assert subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=folder, check=False).returncode == 0


def test_the_page_says_first_what_holds_for_whom_how_surely_and_what_a_filter_does(results):
    study.main(["mine"])
    first, second, *_ = (results / "results/studies/mine/README.md").read_text().split("\n\n")[1:]
    sentences = [line.removeprefix("- ") for line in first.splitlines()]
    assert sentences[0].startswith("Of the paper's 1 claims that this motion can test: 1 contradicted; of our 0 ")
    assert sentences[1].startswith(
        "Against `more_frames`, the fairest control here, our recipe, `joint_aware`, changes "
    )
    assert sentences[2].startswith("Against `more_frames`, the same control, the terms of equation 1 as printed, ")
    assert sentences[3].startswith("For nothing, a Savitzky-Golay filter changes MPJPE ")
    assert sentences[4].startswith("The intervals are of 60 takes of 2 subjects (S11, S9), 2 seeds; ")
    assert len(sentences) == 5
    assert second == "S9 was seen twice. Chosen on others."


def test_the_page_of_a_transformer_says_what_a_step_of_it_sees():
    table = table_of_experiments(load(ROOT / "profiles/carried.yaml").experiments)
    assert "| `joint_aware` | 32 | spatiotemporal transformer, 27 frames | 270 in clips of 27 |" in table


def test_the_page_ends_with_the_studies_before(results):
    study.main(["mine"])
    page = (results / "results/studies/mine/README.md").read_text()
    assert page.endswith("## Earlier studies\n\n| study | verdicts |\n| --- | --- |\n| first | 6 of 19 |\n")


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("studies: {}\n")])
def test_a_study_needs_to_say_what_it_was_chosen_on(results, spoil):
    spoil(results / "paper/studies.yaml")
    with pytest.raises(InputError, match=r"paper/studies\.yaml: expected studies\.mine with looked_at and chosen_on"):
        study.main(["mine"])
    assert not (results / "results/studies/mine").exists()


def test_a_study_without_the_baseline_of_the_paper_has_no_note_about_its_claims(results, monkeypatch):
    with_role = Study.with_role
    monkeypatch.setattr(Study, "with_role", lambda self, role: "" if role == "baseline" else with_role(self, role))
    study.main(["mine"])
    assert not (results / "results/studies/mine/note.tex").exists()


def test_every_interval_of_a_study_can_be_computed_from_its_scores_alone(results):
    study.main(["mine"])
    folder = results / "results/studies/mine"
    bootstrap = Bootstrap.of(pd.read_csv(folder / "by_sequence.csv", keep_default_na=False))
    for change in pd.read_csv(folder / "tables/differences.csv").sample(40, random_state=0).itertuples():
        motions = Motion(change.row, change.variant), Motion(change.against, change.against_variant)
        again = bootstrap.change(*motions, change.metric)
        assert again == pytest.approx((change.percent, change.low, change.high), rel=1e-5)


def test_networks_of_unknown_origin_are_told(results):
    shutil.rmtree(results / "results/provenance")
    study.main(["mine"])
    assert "code of commit not recorded made them" in (results / "results/studies/mine/README.md").read_text()


def test_results_of_other_parameters_are_refused(results, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(InputError, match=r"results: not the results of params\.yaml"):
        study.main(["mine"])
    assert not (results / "results/studies/mine").exists()


def test_a_second_study_of_the_name_takes_the_place_of_the_first(results):
    study.main(["mine"])
    (results / "results/studies/mine/old").touch()
    study.main(["mine"])
    assert not (results / "results/studies/mine/old").exists()


@pytest.mark.parametrize("name", ["../../models", "a/b", "..", "", ".", "-x y", "a b", "/tmp/x"])
def test_a_study_is_written_nowhere_but_among_the_studies(results, name):
    with pytest.raises(InputError, match="NAME: found"):
        study.main(["--", name])
    assert (results / "models").is_dir()


def test_of_a_study_that_is_not_finished_that_part_is_kept_and_the_rest_is_named(results, finished):
    """The finished experiments have the verdicts and intervals that they would have had in the whole study."""
    study.main(["mine"])
    folder = results / "results/studies/mine"
    whole = pd.read_csv(folder / "tables/differences.csv")
    shutil.copytree(finished / "data", results / "data")
    shutil.copytree(ROOT / "paper", results / "paper", dirs_exist_ok=True, ignore=lambda *_: ["studies.yaml"])
    shutil.rmtree(results / "results/runs/only_velocity/1")
    study.main(["mine", "--finished"])
    page = (folder / "README.md").read_text()
    assert "Not finished, and missing below: `only_velocity`." in page
    assert "[runs.csv](runs.csv) has the digest of every network" in page
    rest = whole[(whole[["row", "against"]] != "only_velocity").all(axis=1)].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_csv(folder / "tables/differences.csv"), rest)
    made = pd.read_csv(folder / "runs.csv")
    assert "only_velocity" not in set(made["experiment"])
    assert not (folder / "dvc.lock").exists()
    assert not (folder / "figures/skeleton.csv").exists()


def test_a_study_of_which_nothing_is_finished_is_refused(results):
    shutil.rmtree(results / "results/runs")
    with pytest.raises(InputError, match=r"results/runs: found no finished experiment of params\.yaml, expected one"):
        study.main(["mine", "--finished"])

"""Telling a kept study again: from its own files, beside those that it is compared with or continues."""

import json

import pandas as pd
import pytest

from jointaware.errors import InputError
from jointaware.lineage.studies import check
from tests.house import ROOT
from workflow.study import keep, tell
from workflow.study.kept import Study
from workflow.study.note import note
from workflow.study.page import page

OLD = {"recipe"}
"""Studies whose parameters are of an earlier form, and their pages as well."""
TOLD = sorted({path.parent.name for path in (ROOT / "results/studies").glob("*/about.json")} - OLD)


def enter(results, name: str, **keys: object) -> None:
    """A study of this name in studies.yaml, with keys beside those of the study `mine`."""
    path = results / "paper/studies.yaml"
    content = json.loads(path.read_text())
    content["studies"][name] = content["studies"]["mine"] | keys
    path.write_text(json.dumps(content))


def text_of(results, name: str) -> str:
    return (results / "results/studies" / name / "README.md").read_text()


def test_a_study_is_told_again_from_its_own_files(kept, results):
    before = {path.name: path.read_bytes() for path in kept.iterdir() if path.is_file()}
    (results / "results/runs").rename(results / "elsewhere")
    for name in ("note.tex", "README.md"):
        (kept / name).write_text("of earlier words")
    (kept / "figures/smoother.svg").unlink()
    tell.main(["mine"])
    assert {path.name: path.read_bytes() for path in kept.iterdir() if path.is_file()} == before
    assert (kept / "figures/smoother.svg").is_file()
    assert not check(kept)[1], "and lists its files"


def test_what_is_said_of_it_is_what_studies_yaml_says_now(kept, results):
    enter(results, "mine", looked_at="S9 was seen three times.")
    tell.main(["mine"])
    assert "S9 was seen three times. Chosen on others." in text_of(results, "mine")
    assert json.loads((kept / "about.json").read_text())["looked_at"] == "S9 was seen three times."


@pytest.mark.parametrize("content", [None, "[]", "{", '{"looked_at": "x"}'])
def test_a_page_needs_the_files_of_its_study(kept, content):
    path = kept / "about.json"
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(
        InputError, match=r"^results/studies/mine/about\.json: expected what `python -m workflow\.study`"
    ):
        tell.main(["mine"])


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"continues": "mine"}, r"studies\.mine\.continues: found 'mine', expected a list of studies"),
        (
            {"losses_chosen_for": ["a", "b"]},
            r"mine\.losses_chosen_for: found \['a', 'b'\], expected the name of a study",
        ),
        (
            {"continues": ["other"]},
            r"results/studies/other/about\.json: expected what `python -m workflow\.study` wrote",
        ),
    ],
)
def test_a_wrong_name_of_another_study_is_told_in_one_line(kept, results, keys, expected):
    enter(results, "mine", **keys)
    with pytest.raises(InputError, match=expected):
        tell.main(["mine"])


def test_a_study_that_was_not_kept_is_named(results):
    with pytest.raises(InputError, match="results/studies/mine: missing, expected a study that was kept"):
        tell.main(["mine"])


def test_a_study_of_losses_that_were_chosen_for_another_network_is_compared_with_that_one(kept, results):
    enter(results, "other", losses_chosen_for="mine")
    keep.main(["other"])
    assert "## Do the losses carry over?" in text_of(results, "other")
    assert "## Do the losses carry over?" not in text_of(results, "mine")
    assert (results / "results/studies/other/figures/carried.svg").is_file()
    tell.main(["mine"])
    text = text_of(results, "mine")
    assert "## Do the losses carry over?\n\nAsked by the study [other](../other/README.md).\n" in text
    assert "(../other/figures/carried.svg)" in text
    assert "(figures/smoother.svg)" in text


def test_a_study_that_another_continues_leaves_the_answer_to_it(kept, results):
    """Here `losses_chosen_for` makes both ask the same question."""
    for name, keys in {"part": {}, "whole": {"continues": ["part"]}}.items():
        enter(results, name, losses_chosen_for="mine", **keys)
        keep.main([name])
    tell.main(["mine"])
    assert "Asked by the study [whole](../whole/README.md)." in text_of(results, "mine")
    assert "[part]" not in text_of(results, "mine")
    assert "It continues [part](../part/README.md): " in text_of(results, "whole")


def test_a_study_that_tests_no_claim_does_not_list_them(kept, results):
    claims = pd.read_csv(kept / "claims.csv", keep_default_na=False)
    claims.assign(verdict="not testable").to_csv(kept / "claims.csv", index=False)
    tell.main(["mine"])
    assert "## Not testable" not in text_of(results, "mine")


def test_a_study_without_a_control_of_all_names_the_table_instead_of_showing_it(kept, results, monkeypatch):
    assert "](figures/differences.svg)" in text_of(results, "mine")
    monkeypatch.setattr(Study, "control", "")
    tell.main(["mine"])
    assert "](figures/differences.svg)" not in text_of(results, "mine")
    assert "[tables/differences.md](tables/differences.md)" in text_of(results, "mine")


@pytest.mark.parametrize("name", TOLD)
def test_pages_and_notes_in_the_repository_are_current(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    study, said = Study.open(tell.STUDIES / name), ROOT / "paper/studies.yaml"
    texts = {"README.md": page(study, tell.read_names(said, name, "continues"), tell.read_others(said, name))}
    texts |= {"note.tex": note(study)} if study.with_role("baseline") else {}
    for file, text in texts.items():
        assert (study.folder / file).read_text(encoding="utf-8") == text, f"run python -m workflow.study.tell {name}"

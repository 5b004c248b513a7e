"""Studies on the page: a verdict from their numbers, and one line on each that is missing or odd."""

import re
import shutil

import pandas as pd
import pytest

from jointaware.analysis.claims import read_claims
from jointaware.analysis.intervals import Change
from jointaware.lineage.studies import list_files
from jointaware.report.claimed import MINUS, read_claimed
from jointaware.report.glossary import define, describe_runs, marker
from jointaware.report.verdict import listed
from tests import tiny
from tests.house import ROOT
from tests.report.conftest import make_report
from tests.report.studies import make_study

KNOWN = read_claims(ROOT / "paper/claims.yaml").claims


def section(text: str, name: str) -> str:
    return re.search(rf'<section id="{name}".*?</section>', text, re.DOTALL)[0]


def words(html: str) -> str:
    """What a reader sees of it."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html).replace("&#39;", "'"))


@pytest.fixture
def study(checkout):
    return make_study(checkout)


def test_the_first_screen_says_what_was_tested_on_whom_and_what_holds(report):
    """Everything of it from the files of the study."""
    said = words(section(report.text, "verdict"))
    folder = report.path.parent / "studies/cmu"
    settings = tiny.read_yaml(folder / "params.yaml")
    claims = pd.read_csv(folder / "claims.csv", keep_default_na=False).set_index("claim")
    assert "60 takes of two people from the CMU motion capture database (trained on 01, 03, tested on 02)" in said
    epochs = settings["train"]["epochs"]
    assert f"with {settings['train']['channels']} channels where the paper has 2,048, two epochs and two seeds." in said
    assert epochs == 2
    assert "Of the paper's own four claims, in its abstract, " in said
    assert f"MPJPE {float(claims.at['position', 'ours']):+.1f} %, claimed".replace(" -", f" {MINUS}") in said
    assert "Against an equally wide network that sees as many frames the losses change" in said
    assert "the velocity loss alone" in said


def test_the_papers_own_claims_come_first_then_its_others_then_ours_then_the_run_of_the_checkout(report):
    headings = [
        '<section id="verdict"', "<table class=\"own\">", '<section id="study">', "The paper&#39;s other claims",
        "Ours: where an effect comes from", '<section id="claims">', '<section id="method">', '<section id="glossary">',
    ]  # fmt: skip
    places = [report.text.find(heading.replace("&#39;", "'")) for heading in headings]
    assert -1 not in places
    assert places == sorted(places)


def test_no_claim_of_the_paper_is_tested_by_synthetic_motion_and_that_is_one_line(report):
    said = section(report.text, "claims")
    before = said[: said.index("<details>")]
    assert "On synthetic motion none of the paper's claims about errors can be tested" in before
    assert "not testable" not in before


def test_no_published_number_stands_beside_synthetic_ones(report):
    for name in ("results", "actions"):
        assert "Gupta" not in section(report.text, name)
    assert report.traces["published"] == {}


def test_studies_that_are_not_here_are_named_in_a_line_each(report):
    assert "results/studies/carried is not in this checkout: Do the losses do the same" in section(report.text, "study")
    assert report.warnings == []


def test_without_the_first_study_the_page_says_that_nothing_can_be_said(checkout):
    report = make_report(checkout)
    assert "No study of the paper's claims on real motion is complete here" in section(report.text, "verdict")
    assert "results/studies/cmu is not in this checkout" in report.text


@pytest.mark.parametrize("name", ["by_sequence.csv", "params.yaml"])
def test_a_study_without_its_files_is_one_line(checkout, study, name):
    (study / name).unlink()
    report = make_report(checkout)
    assert report.warnings == [f"study cmu: results/studies/cmu/{name}: missing"]
    assert f"<li>{report.warnings[0]}</li>" in report.text


def test_claims_that_are_not_of_the_scores_beside_them_are_named(checkout, study):
    claims = pd.read_csv(study / "claims.csv", dtype=str, keep_default_na=False)
    claims.loc[claims["claim"] == "velocity", "ours"] = "-50.0"
    claims.to_csv(study / "claims.csv", index=False)
    list_files(study)
    [line] = make_report(checkout).warnings
    assert line == "results/studies/cmu/claims.csv: velocity: not the number of by_sequence.csv beside it"


@pytest.mark.parametrize(
    ("name", "spoil", "words"),
    [
        ("claims.csv", lambda text: text.replace("joint_aware against baseline: -", "x\n,,,,", 1), ""),
        ("claims.csv", lambda text: text.replace("ours,", "theirs,", 1), ""),
        ("claims.csv", lambda text: "", "claims.csv: No columns to parse from file"),
        ("about.json", lambda text: "[", ""),
        ("params.yaml", lambda text: text.replace("channels: 8", "channels: many"), "expected the files of a study"),
        ("params.yaml", lambda text: text.replace("filter_widths", "widths"), "expected the files of a study"),
        ("params.yaml", lambda text: text.replace("  as_printed:", "  printed:"), "has no experiment as_printed"),
        ("by_sequence.csv", lambda text: text.splitlines()[0] + "\n", "expected the files of a study"),
        ("by_sequence.csv", lambda text: re.sub(r"(?m)^joint_aware,raw,0,S9,Wa.*\n", "", text), "not the number of"),
    ],
)  # fmt: skip
def test_a_damaged_study_does_not_take_the_page_with_it(checkout, study, name, spoil, words):
    path = study / name
    path.write_text(spoil(path.read_text()))
    report = make_report(checkout)
    assert words in "".join(report.warnings)
    assert '<section id="runs">' in report.text


def test_a_study_in_part_shows_each_experiment_against_the_control_most_like_it(report):
    """`cmu_full`: its scores are there, and no claims."""
    said = words(section(report.text, "study"))
    place = said.index("Is it the same at the paper's size?")
    assert "joint_awareagainst wide, 2,048 channels, 243 frames" in said[place:]


def test_another_study_takes_one_row(checkout, study):
    shutil.copytree(study, checkout / "results/studies/again")
    studies = tiny.read_yaml(checkout / "paper/studies.yaml")
    studies["studies"]["again"] = {"asks": "Is it so again?"}
    tiny.write_yaml(checkout / "paper/studies.yaml", studies)
    shown = section(make_report(checkout).text, "study").partition("<h3>Is it so again?</h3>")[2]
    assert "joint_awareagainst wide_clips, 8 channels, 9 frames" in words(shown)


def test_what_a_claim_asks_is_in_words():
    row = {"ours": "", "low": "", "high": "", "unit": "", "verdict": "open", "why": ""}
    claimed = read_claimed([row | {"claim": name} for name in KNOWN], KNOWN)
    asked = {each.name: each.asked for group in claimed.groups for each in group.claims}
    asked |= {each.name: each.asked for each in claimed.own}
    assert asked["velocity"].replace("\N{NO-BREAK SPACE}", " ") == f"{MINUS}7 %"
    assert asked["position_at_equal_width"].replace("\N{NO-BREAK SPACE}", " ") == "≤ +1 %"
    assert asked["complexity"] == "no more"
    assert [each.name for each in claimed.abstract] == ["position", "velocity", "acceleration", "complexity"]
    assert [each.name for each in claimed.own][:3] == ["position", "position_2", "position_3"]


def test_a_change_whose_interval_has_zero_is_not_sure():
    changes = {"mpjpe_mm": Change(-1.0, -2.0, 0.5), "mpjve_mm_per_frame": Change(-3.0, -4.0, -2.0)}
    assert (
        listed(changes).replace("\N{NO-BREAK SPACE}", " ")
        == f"MPJVE by {MINUS}3.0 %, and not surely MPJPE ({MINUS}1.0 %)"
    )


def test_names_of_runs_and_metrics_are_marked_and_nothing_within_them():
    runs = describe_runs({"wide": {"role": "wide"}, "alone": {"losses": {"velocity": 1.0}, "role": "ablation"}})
    glossary = define(runs, {"wide": "something else"})
    mark = marker(glossary)
    term = '<span class="term" role="term" tabindex="0">{}</span>'
    assert mark("P-MPJPE of wide, not wider & `a<b`") == (
        f"{term.format('P-MPJPE')} of {term.format('wide')}, not wider &amp; <code>a&lt;b</code>"
    )
    assert glossary["Runs"]["alone"] == "with the loss velocity"
    assert glossary["Runs"]["wide"].endswith("; elsewhere something else")


def test_every_marked_name_is_in_the_glossary(report):
    marked = set(re.findall(r'class="term"[^>]*>(.*?)</span>', report.text))
    defined = set(re.findall(r"<dt>([^<]+)</dt>", section(report.text, "glossary")))
    assert {"MPJPE", "P-MPJPE", "N-MPJPE", "joint_aware", "smoothed"} <= marked <= defined


def test_a_file_of_a_study_that_was_edited_is_named(checkout, study):
    about = study / "about.json"
    about.write_text(about.read_text().replace("twice", "never"))
    [line] = make_report(checkout).warnings
    assert line.startswith("study cmu: results/studies/cmu/about.json: SHA-256 is ")

"""The report as a file: what is in it, and what it says of results that are not whole."""

import json
import re
from pathlib import Path

import pytest
import yaml

from jointaware.report.grids import DASH
from stages.report import compare_parameters
from tests import tiny


def make(capsys) -> tuple[str, list[str]]:
    """The page of the working folder, and the notes at its top."""
    tiny.call("report")
    notes = [line.removeprefix("note: ") for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    return Path("results/report.html").read_text(), notes


def traces(page: str) -> dict:
    """What the page knows about its numbers."""
    return json.loads(re.search(r'id="traces">(.*?)</script>', page, re.DOTALL)[1])


def test_everything_is_on_one_page_that_asks_the_network_for_nothing(checkout, capsys):
    page, notes = make(capsys)
    assert notes == []
    for section in ("results", "claims", "player", "losses", "actions", "constraints", "training", "inconsistencies",
                    "speed", "parameters", "runs"):  # fmt: skip
        assert f'<section id="{section}">' in page
    outside = re.sub(r'<script type="text/plain" id="plotly">.*?</script>', "", page, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?!#|data:)', outside)
    assert "default-src 'none'" in outside
    assert len(page) < 10e6


def test_every_number_in_a_table_has_its_trace(checkout, capsys):
    page, _ = make(capsys)
    known = traces(page)
    cells = {int(number) for number in re.findall(r'data-cell="(\d+)"', page)}
    assert cells <= set(range(len(known["cells"])))
    shown = {known["cells"][number]["table"] for number in cells}
    assert shown == {"protocols", "motion", "protocol1", "protocol2", "velocity", "acceleration", "comparison",
                     "differences", "ablation"}  # fmt: skip
    cell = next(c for c in known["cells"] if (c["table"], c["row"], c["column"]) == ("velocity", "wide", "Eating"))
    assert cell["runs"] == ["wide-0", "wide-1"]
    assert known["runs"]["wide-0"]["files"]["models/wide-0/network.safetensors"]
    assert "data/raw/S9/Walking.npz" in known["data"]


def test_a_second_time_every_byte_is_the_same(checkout, capsys):
    assert make(capsys)[0] == make(capsys)[0]


def test_a_run_that_is_missing_is_named_with_its_stage_and_the_page_is_made_of_the_rest(checkout, capsys):
    for path in ("models/wide-1/network.safetensors", "predictions/wide-1.safetensors"):
        (checkout / path).unlink()
    page, notes = make(capsys)
    assert "run wide-1: models/wide-1/network.safetensors: not there; `dvc repro train@wide-1` makes it" in notes
    assert "`dvc repro train@wide-1` makes it" in page
    assert 'id="motion"' in page


def test_a_run_that_the_tables_do_not_have_yet_is_named(checkout, capsys):
    parameters = yaml.safe_load((checkout / "params.yaml").read_text())
    parameters["experiments"]["wider"] = parameters["experiments"]["wide"]
    (checkout / "params.yaml").write_text(yaml.safe_dump(parameters))
    _, notes = make(capsys)
    assert "run wider-0: not in the tables" in notes
    assert any(note.startswith("run wider-1: models/wider-1/network.safetensors: not there") for note in notes)


def test_without_any_table_or_motion_there_is_still_a_page_that_says_so(checkout, capsys):
    for path in (
        "results/record.json",
        "results/claims.csv",
        "data/sequences.safetensors",
        "results/figures/joints.svg",
    ):
        (checkout / path).unlink()
    page, notes = make(capsys)
    assert "There are no tables yet." in page
    assert 'class="player' not in page
    for path in (
        "results/record.json",
        "results/claims.csv",
        "data/sequences.safetensors",
        "results/figures/joints.svg",
    ):
        assert any(path in note for note in notes), path


def test_a_number_edited_by_hand_is_marked_and_named(checkout, capsys):
    table = checkout / "results/tables/motion.csv"
    lines = table.read_text().splitlines()
    [place] = [place for place, line in enumerate(lines) if line.startswith("joint_aware,ours,0 1,mean,")]
    lines[place] = "joint_aware,ours,0 1,mean,1.23,4.56"
    table.write_text("\n".join(lines) + "\n")
    page, notes = make(capsys)
    assert any("joint_aware, mpjve_mm_per_frame: mean is 1.23, expected" in note for note in notes)
    cells = traces(page)["cells"]
    wrong = {int(number) for number in re.findall(r'class="number wrong" data-cell="(\d+)"', page)}
    found = {(cells[number]["table"], cells[number]["row"], cells[number]["column"]) for number in wrong}
    assert found == {("motion", "joint_aware", name) for name in ("mpjve_mm_per_frame", "mpjae_mm_per_frame2")}


def test_scores_edited_by_hand_mark_the_numbers_of_their_run_and_no_other(checkout, capsys):
    path = checkout / "results/runs/wide-0/by_action.csv"
    path.write_text(path.read_text().replace("Walking,", "Walking, ", 1))
    page, notes = make(capsys)
    assert any(note.startswith("results/runs/wide-0/by_action.csv: SHA-256 is") for note in notes)
    cells = traces(page)["cells"]
    wrong = {cells[int(number)]["row"] for number in re.findall(r'class="number wrong" data-cell="(\d+)"', page)}
    assert "wide" in wrong
    assert all("wide" in row for row in wrong)


def test_text_from_outside_stays_text(checkout, capsys):
    claims = checkout / "results/claims.csv"
    claims.write_text(claims.read_text().replace("MPJPE is", "<script>alert(1)</script> is"))
    page, _ = make(capsys)
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 1}}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, [("a.b", "1", "2")]),
        ({"a": {"b": 1, "c": []}}, {"a": {"b": 1}}, [("a.c", "[]", DASH)]),
        ({"a": 1}, {"a": 1, "d": {"e": 0}}, [("d.e", DASH, "0")]),
    ],
)
def test_parameters_that_differ_are_found_by_their_key(ours, theirs, expected):
    assert compare_parameters(ours, theirs) == expected

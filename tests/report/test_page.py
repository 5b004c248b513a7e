"""The report as a file: its content, and what it says of results that are incomplete or edited."""

import dataclasses
import json
import re

import pytest

from jointaware.artifacts import metrics
from jointaware.lineage.chain import Chain, Places
from jointaware.lineage.tables import Tables
from jointaware.report import grids
from jointaware.report.run import compare_parameters
from tests import tiny
from tests.report.conftest import make_report

MISSING = "missing; run `dvc repro"


def test_everything_is_on_one_page_that_makes_no_network_request(report):
    assert report.warnings == []
    for section in ("verdict", "study", "claims", "method", "glossary", "player", "results", "losses", "actions",
                    "constraints", "training", "inconsistencies", "benchmarks", "parameters", "runs"):  # fmt: skip
        assert f'<section id="{section}"' in report.text
    assert not re.findall(r'(?:src|href)="(?!#|data:)', report.text)
    assert "default-src 'none'" in report.text
    assert len(report.text) < 6e6


def test_the_distance_of_keypoints_is_shown(report):
    assert re.search(r"The keypoints are \d+\.\d+ pixels from the projected joints in the median\.", report.text)


def test_what_was_unusual_in_the_data_and_allowed_is_shown(checkout):
    path = checkout / "data/record.json"
    record = json.loads(path.read_text())
    record["plausibility"]["unusual"] = {"bones": "S1/Walking: the bones add up to 7 m"}
    path.write_text(json.dumps(record))
    assert "<li>bones: S1/Walking: the bones add up to 7 m</li>" in make_report(checkout).text


def test_every_number_in_a_table_has_its_trace(report):
    known = report.traces
    cells = {int(number) for number in re.findall(r'data-cell="(\d+)"', report.text)}
    assert cells <= set(range(len(known["cells"])))
    shown = {known["cells"][number]["table"] for number in cells}
    assert shown == {"protocols", "motion", "protocol1", "protocol2", "velocity", "acceleration", "comparison",
                     "differences", "ablation"}  # fmt: skip
    cell = next(c for c in known["cells"] if (c["table"], c["row"], c["column"]) == ("velocity", "wide", "Eating"))
    assert cell["runs"] == ["wide-0", "wide-1"]
    assert known["runs"]["wide-0"]["files"]["models/wide/0/network.safetensors"]
    assert "data/raw/S9/Walking.npz" in known["data"]


def test_claims_about_ours_lead_to_their_number(report):
    claims = re.search(r'<section id="claims">.*?</section>', report.text, re.DOTALL)[0]
    cells = [report.traces["cells"][int(place)] for place in re.findall(r'data-cell="(\d+)"', claims)]
    found = {(cell["table"], cell["row"], cell["column"]) for cell in cells}
    assert ("differences", "joint_aware against baseline", "mpjpe_mm") in found
    assert ("protocols", "joint_aware", "mpjpe_mm") in found


def test_a_second_time_every_byte_is_the_same(report):
    assert make_report(report.path.parents[1]).text == report.text


def test_a_run_that_is_missing_is_named_with_its_stage_and_the_page_is_made_of_the_rest(checkout):
    for path in ("models/wide/1/network.safetensors", "predictions/wide/1.safetensors"):
        (checkout / path).unlink()
    report = make_report(checkout)
    assert f"run wide-1: models/wide/1/network.safetensors: {MISSING} train@wide`" in report.warnings
    assert f"{MISSING} train@wide`" in report.text
    assert 'class="player"' in report.text


def test_a_run_that_the_tables_do_not_have_yet_is_named(checkout):
    parameters = tiny.read_yaml(checkout / "params.yaml")
    parameters["experiments"]["wider"] = parameters["experiments"]["wide"] | {"role": "other"}
    tiny.write_yaml(checkout / "params.yaml", parameters)
    warnings = make_report(checkout).warnings
    assert "run wider-0: not in the tables" in warnings
    assert any(line.startswith("run wider-1: models/wider/1/network.safetensors: missing") for line in warnings)


def test_without_any_table_or_motion_there_is_still_a_page_that_says_so(checkout):
    removed = ("results/record.json", "results/claims.csv", "data/sequences.safetensors", "results/figures/joints.svg")
    for path in removed:
        (checkout / path).unlink()
    report = make_report(checkout)
    assert "There are no tables yet." in report.text
    assert 'class="player' not in report.text
    for path in removed:
        assert any(path in line for line in report.warnings), path


def test_a_number_edited_by_hand_is_marked_and_named(checkout):
    table = checkout / "results/tables/motion.csv"
    lines = table.read_text().splitlines()
    [place] = [place for place, line in enumerate(lines) if line.startswith("joint_aware,ours,0 1,mean,")]
    lines[place] = "joint_aware,ours,0 1,mean,1.23,4.56"
    table.write_text("\n".join(lines) + "\n")
    report = make_report(checkout)
    assert any("joint_aware, mpjve_mm_per_frame: mean is 1.23, expected" in line for line in report.warnings)
    found = {(cell["table"], cell["row"], cell["column"]) for cell in report.wrong}
    assert found == {("motion", "joint_aware", name) for name in ("mpjve_mm_per_frame", "mpjae_mm_per_frame2")}


def test_scores_edited_by_hand_mark_the_numbers_of_their_run_and_no_other(checkout):
    path = checkout / "results/runs/wide/0/by_action.csv"
    path.write_text(path.read_text().replace("Walking,", "Walking, ", 1))
    report = make_report(checkout)
    assert any(line.startswith("results/runs/wide/0/by_action.csv: SHA-256 is") for line in report.warnings)
    rows = {cell["row"] for cell in report.wrong}
    assert "wide" in rows
    assert all(re.search(r"\bwide\b", row) for row in rows)


def test_text_from_outside_stays_text(checkout):
    claims = checkout / "results/claims.csv"
    lines = claims.read_text().splitlines()
    lines[1] = lines[1].replace("synthetic motion", "<script>alert(1)</script>")
    claims.write_text("\n".join(lines) + "\n")
    text = make_report(checkout).text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert" not in text


def test_a_metric_that_the_paper_lacks_is_in_the_averages(finished, monkeypatch):
    monkeypatch.chdir(finished)
    new = dataclasses.replace(metrics.METRICS["mpjpe_mm"], name="PCK")
    tables = Tables(Chain.open(Places()))
    for cell, stored in list(tables.stored.items()):
        if cell.table == "comparison" and cell.column == "mpjpe_mm":
            tables.stored[cell._replace(column="pck")] = stored
    monkeypatch.setitem(metrics.METRICS, "pck", new)
    monkeypatch.setitem(grids.MEASURES, "pck", new)
    shown = grids.averages(grids.Numbers(tables))
    assert shown.header[-1] == "PCK, mm (Protocol 1)"
    ours = next(line for line in shown.lines if line.label == "joint_aware")
    assert ours.entries[-1].text == ours.entries[0].text != grids.DASH
    assert grids.comparison(grids.Numbers(tables)).header[-1] == "PCK, mm (Protocol 1)"


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({"a.b": 1}, {"a.b": 1}, []),
        ({"a.b": 1}, {"a.b": 2}, [("a.b", "1", "2")]),
        ({"a.b": 1, "a.c": []}, {"a.b": 1}, [("a.c", "[]", grids.DASH)]),
        ({"a": 1}, {"a": 1, "d.e": 0}, [("d.e", grids.DASH, "0")]),
    ],
)
def test_parameters_that_differ_are_found_by_their_key(ours, theirs, expected):
    assert compare_parameters(ours, theirs) == expected

"""From any number of the tables to the bytes it was made from, and every byte that changed on the way."""

import hashlib
import json
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from jointaware.analysis.comparison import KEYS
from jointaware.artifacts.files import DIGITS, sha256
from jointaware.artifacts.predictions import FILTERS
from jointaware.artifacts.records import is_whole
from jointaware.lineage.cells import TABLES, Cell, Row
from jointaware.lineage.chain import Chain, DamagedError, Places
from jointaware.lineage.describe import describe_run
from jointaware.lineage.tables import ABOUT, Tables

WALKING = Cell("protocol1", Row("joint_aware"), "Walking")


def open_tables() -> Tables:
    return Tables(Chain.open(Places()))


def problems(cell: Cell) -> dict[str, str]:
    """What is wrong with a cell in the working folder: kind by path."""
    return {problem.path: problem.kind for problem in open_tables().problems(cell)}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def problems_of_changed(tables: Tables, cell: Cell, path: str, others: dict[str, str]) -> set[str]:
    """Paths with a problem after one file changed; others: digests of those that did not.

    All that is read from text is read again; files of arrays only enter by their digest.
    """
    try:
        opened = tables if path.endswith((".npz", ".safetensors")) and "predictions" not in path else open_tables()
        opened.chain.found.clear()
        opened.chain.found.update(others)
        return {problem.path for problem in opened.problems(cell)}
    except DamagedError as error:
        return {path} if path in str(error) else set()


def test_every_number_of_every_table_follows_from_its_runs(finished, monkeypatch):
    monkeypatch.chdir(finished)
    tables = open_tables()
    for table in TABLES:
        text = pd.read_csv(f"results/tables/{table}.csv", dtype=str, keep_default_na=False)
        numbers = text.drop(columns=[*KEYS, *ABOUT, "metric", "terms"], errors="ignore")
        cells = {cell: stored for cell, stored in tables.stored.items() if cell.table == table}
        assert sum(len(stored) for stored in cells.values()) == numbers.size
        assert [cell for cell in cells if tables.problems(cell)] == []
    assert {cell.table for cell in tables.stored} == {path.stem for path in Path("results/tables").glob("*.csv")}


def test_one_byte_of_any_file_on_the_way_is_noticed(checkout):
    tables = open_tables()
    cells = [WALKING, *(Cell("comparison", Row("joint_aware", name), "mpjpe_mm") for name in FILTERS)]
    paths = dict.fromkeys([*(link.path for cell in cells for link in tables.links(cell)), "results/record.json"])
    for name in (
        "data/raw/S9/Walking.npz", "data/manifest.json", "data/record.json", "data/sequences.safetensors",
        "data/sequences.csv", "models/joint_aware/1/network.safetensors", "models/joint_aware/1/run.json",
        "predictions/joint_aware/1.safetensors", "frame_errors/joint_aware/1.safetensors",
        "results/runs/joint_aware/1/record.json", "results/runs/joint_aware/1/by_action.csv",
        "smoothers/joint_aware/1/smoother.safetensors", "smoothers/joint_aware/1/predictions.safetensors",
        "smoothers/joint_aware/1/history.csv", "results/runs/joint_aware/1/learned/metrics.json",
        "results/runs/joint_aware/1/smoothed/metrics.json", "results/tables/protocol1.csv",
        "results/tables/protocol1.tex", "paper/table_07.csv",
    ):  # fmt: skip
        assert name in paths
    linked = {cell: {link.path for link in tables.links(cell)} for cell in cells}
    digests = {path: tables.chain.digest(path) for path in paths}
    for path in paths:
        rests = next((cell for cell in cells if path in linked[cell]), WALKING)
        for place in (0, Path(path).stat().st_size // 2, Path(path).stat().st_size - 1):
            flip(Path(path), place)
            others = {other: digest for other, digest in digests.items() if other != path}
            assert path in problems_of_changed(tables, rests, path, others), f"{path}, byte {place}"
            flip(Path(path), place)
    assert problems(WALKING) == {}


def test_no_byte_of_the_record_itself_can_change_unseen(finished, tmp_path):
    record = shutil.copy(finished / "results/record.json", tmp_path / "record.json")
    assert is_whole(record)
    for place in range(0, record.stat().st_size, 101):
        flip(record, place)
        assert not is_whole(record), place
        flip(record, place)


def test_where_a_network_was_made_is_no_part_of_what_a_number_was_made_from(checkout):
    shutil.rmtree(checkout / "results/provenance")
    assert problems(WALKING) == {}


def test_a_last_digit_that_another_machine_rounds_otherwise_is_the_same_number(finished, monkeypatch):
    monkeypatch.chdir(finished)
    tables = open_tables()
    stored = tables.stored[WALKING]
    mean, unit = float(stored["mean"]), 10 ** (len(stored["mean"].partition(".")[0]) - DIGITS)
    stored["mean"] = f"{mean + unit:.{DIGITS}g}"
    assert tables.value_problems(WALKING) == []
    stored["mean"] = f"{mean + 12 * unit:.{DIGITS}g}"
    assert [problem.kind for problem in tables.value_problems(WALKING)] == ["value"]


def test_scores_edited_by_hand_are_named_and_change_the_number(checkout):
    scores = checkout / "results/runs/joint_aware/0/by_action.csv"
    rows = pd.read_csv(scores)
    rows.loc[rows["action"] == "Walking", "mpjpe_mm"] = 12.3
    rows.to_csv(scores, index=False)
    wrong = {"results/tables/protocol1.csv": "value", "results/runs/joint_aware/0/by_action.csv": "changed"}
    assert problems(WALKING) == wrong
    assert problems(Cell("protocol1", Row("wide"), "Walking")) == {}


def test_numbers_of_another_network_are_told(checkout):
    for name in ("network.safetensors", "run.json"):
        shutil.copy(checkout / "models/wide/0" / name, checkout / "models/joint_aware/0" / name)
    assert problems(WALKING) == {
        "models/joint_aware/0/run.json": "changed", "models/joint_aware/0/network.safetensors": "changed"
    }  # fmt: skip


def test_a_published_number_that_is_not_the_printed_one_is_told(checkout):
    path = checkout / "paper/table_09.csv"
    path.write_text(path.read_text().replace(",3.0,2.7,", ",3.1,2.7,"))
    assert problems(Cell("velocity", Row("Gupta 2020"), "Walking")) == {
        "results/tables/velocity.csv": "value", "paper/table_09.csv": "changed"
    }  # fmt: skip


def reseal(path: Path, **changes: object) -> None:
    """Write a record with other content and a digest of itself that fits."""
    record = json.loads(path.read_text()) | changes
    record.pop("sha256")
    text = json.dumps(record, indent=2) + "\n"
    seal = hashlib.sha256(text.encode()).hexdigest()
    path.write_text(json.dumps(record | {"sha256": seal}, indent=2) + "\n")


def test_a_record_that_names_hostile_paths_is_checked_to_its_end(checkout):
    os.mkfifo(checkout / "pipe")
    hostile = ["/dev/zero", "pipe", "/etc", "../..", "a\0b", "x" * 5000, "/proc/self/mem", ""]
    record = checkout / "results/record.json"
    reseal(record, made=json.loads(record.read_text())["made"] | dict.fromkeys(hostile, "0" * 64))
    assert is_whole(record)
    tables = open_tables()
    found = {problem.path: problem.kind for problem in tables.chain.problems(tables.chain.everything())}
    assert found == dict.fromkeys(hostile, "missing") | {"/proc/self/mem": "changed"}


@pytest.mark.parametrize("content", [b"", b"\xff", b"[" * 10**5, b'{"made": 1, "files": [1], "parameters": 2}'])
@pytest.mark.parametrize(
    "file",
    [
        "data/manifest.json",
        "data/record.json",
        "models/joint_aware/0/run.json",
        "results/runs/joint_aware/0/record.json",
    ],
)
def test_a_damaged_record_is_one_problem_of_its_own(checkout, file, content):
    (checkout / file).write_bytes(content)
    tables = open_tables()
    assert {problem.path: problem.kind for problem in tables.chain.problems(tables.chain.everything())} == {
        file: "changed"
    }
    describe_run(tables.chain, tables.runs(WALKING)[0])


@pytest.mark.parametrize("content", [b"", b"\xff", b"a,b\n1,2,3\n4\n"])
@pytest.mark.parametrize(
    ("file", "cell"),
    [
        ("by_action.csv", WALKING),
        ("metrics.json", Cell("protocols", Row("joint_aware"), "mpjpe_mm")),
        ("constraints.csv", Cell("comparison", Row("joint_aware"), "limit_violation_percent")),
        ("by_sequence.csv", Cell("differences", Row("joint_aware", "raw", "wide", "raw"), "mpjpe_mm")),
    ],
)
def test_damaged_scores_are_named_in_one_line(checkout, file, cell, content):
    scores = checkout / "results/runs/joint_aware/0" / file
    scores.write_bytes(content)
    told = {problem.text for problem in open_tables().value_problems(cell)}
    assert not [text for text in told if "\n" in text]
    assert len(told) == 1 or content.startswith(b"a,b"), "a table of other numbers gives other numbers"
    assert file in next(iter(told)) or content.startswith(b"a,b")
    assert problems(cell)[f"results/runs/joint_aware/0/{file}"] == "changed"


def test_an_original_that_was_changed_or_removed_is_named_although_the_copy_is_whole(checkout):
    original = checkout / "own/S9/Walking.npz"
    original.parent.mkdir(parents=True)
    original.write_bytes(b"as given")
    manifest = json.loads((checkout / "data/manifest.json").read_text())
    copy = next(file for file in manifest["files"] if file["path"] == "data/raw/S9/Walking.npz")
    copy |= {"origin": "own/S9/Walking.npz", "origin_sha256": sha256(original)}
    (checkout / "data/manifest.json").write_text(json.dumps(manifest))
    known = {"data/manifest.json": "changed"}
    assert problems(WALKING) == known
    original.write_bytes(b"corrected")
    assert problems(WALKING) == known | {"own/S9/Walking.npz": "changed"}
    original.unlink()
    assert problems(WALKING) == known | {"own/S9/Walking.npz": "missing"}


@pytest.mark.parametrize("column", ["Walking", "mpjpe_mm"])
def test_a_column_that_is_no_metric_is_damage(checkout, column):
    path = checkout / "results/tables/protocols.csv"
    path.write_text(path.read_text().replace("p_mpjpe_mm", "speed"))
    with pytest.raises(DamagedError, match=r"protocols.csv: found 'speed', expected a metric"):
        problems(Cell("protocol1", Row("joint_aware"), column))


@pytest.mark.parametrize("file", ["results/record.json", "results/tables/motion.csv"])
def test_a_file_that_cannot_even_be_read_is_damaged(checkout, file):
    (checkout / file).write_text("{")
    with pytest.raises(DamagedError, match=file):
        problems(WALKING)

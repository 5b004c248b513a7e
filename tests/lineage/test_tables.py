"""From any number of the tables to the bytes it was made from, and every byte that changed on the way."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from jointaware.analysis.comparison import KEYS
from jointaware.artifacts.files import DIGITS
from jointaware.artifacts.records import is_whole
from jointaware.lineage.cells import TABLES, Cell, Row
from jointaware.lineage.chain import Chain, DamagedError, Places
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
    cells = [WALKING, Cell("comparison", Row("joint_aware", "smoothed"), "mpjpe_mm")]
    paths = dict.fromkeys([*(link.path for cell in cells for link in tables.links(cell)), "results/record.json"])
    for name in (
        "data/raw/S9/Walking.npz", "data/manifest.json", "data/record.json", "data/sequences.safetensors",
        "data/sequences.csv", "models/joint_aware/1/network.safetensors", "models/joint_aware/1/run.json",
        "predictions/joint_aware/1.safetensors", "frame_errors/joint_aware/1.safetensors",
        "results/runs/joint_aware/1/record.json", "results/runs/joint_aware/1/by_action.csv",
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


@pytest.mark.parametrize("file", ["results/record.json", "results/tables/motion.csv"])
def test_a_file_that_cannot_even_be_read_is_damaged(checkout, file):
    (checkout / file).write_text("{")
    with pytest.raises(DamagedError, match=file):
        problems(WALKING)

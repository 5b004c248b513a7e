"""The published tables: legible numbers only, and every average compared with the mean of its row."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from jointaware.analysis.inconsistencies import find_inconsistencies

ROOT = Path(__file__).parents[2]
TABLES = sorted((ROOT / "paper").glob("table_*.csv"))
BY_ACTION = [path for path in TABLES if path.stem in ("table_07", "table_08", "table_09", "table_10")]
NOT_LEGIBLE = "not legible"


def rows_of(path: Path) -> list[dict[str, str]]:
    return pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records")


def values_of(row: dict[str, str]) -> dict[str, str]:
    return {column: value for column, value in row.items() if column not in ("row", "source", "doubtful", "note")}


def half_a_digit(printed: str) -> float:
    return 0.5 * 10 ** -len(printed.partition(".")[2])


@pytest.mark.parametrize("path", BY_ACTION, ids=lambda path: path.stem)
def test_a_printed_average_is_the_mean_of_its_row_unless_marked_as_doubtful(path):
    for row in rows_of(path):
        *actions, average = values_of(row).values()
        if NOT_LEGIBLE in actions:
            continue
        mean = sum(float(action) for action in actions) / len(actions)
        tolerance = half_a_digit(actions[0]) + half_a_digit(average) + 1e-9
        doubtful = list(values_of(row))[-1] in row["doubtful"].split()
        assert (abs(mean - float(average)) > tolerance) == doubtful, f"{path.name}, {row['row']}: {mean} and {average}"


@pytest.mark.parametrize("path", BY_ACTION, ids=lambda path: path.stem)
def test_a_table_by_action_has_all_fifteen_actions_in_every_row(path):
    for row in rows_of(path):
        assert len(values_of(row)) == 16
        assert "" not in values_of(row).values()


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_every_row_has_a_source_and_a_note_where_it_is_doubtful(path):
    for row in rows_of(path):
        assert row["source"].startswith("arXiv ")
        assert set(row["doubtful"].split()) <= set(values_of(row))
        assert row["note"] or not row["doubtful"]


def test_averages_agree_between_tables():
    averages = {
        (row["row"], column): value
        for name in ("table_05", "table_06")
        for row in rows_of(ROOT / "paper" / f"{name}.csv")
        for column, value in values_of(row).items()
    }
    for path in BY_ACTION:
        for row in rows_of(path):
            metric, average = list(values_of(row).items())[-1]
            elsewhere = averages[row["row"], metric]
            assert abs(float(elsewhere) - float(average)) <= half_a_digit(average) + 1e-9


def test_averages_are_marked_as_doubtful_if_and_only_if_they_are_inconsistent():
    computed = find_inconsistencies(ROOT / "paper")
    averages = computed[computed["what"].str.startswith("average ")]
    found = {(*row.where.split(", ", 1), row.what.removeprefix("average ")) for row in averages.itertuples()}
    marked = {
        (path.stem, row["row"], column)
        for path in BY_ACTION
        for row in rows_of(path)
        for column in row["doubtful"].split()
    }
    assert found == marked == {("table_10", "Gupta 2020", "mpjae_mm_per_frame2")}


def test_the_inconsistencies_of_the_published_tables_are_found():
    table = find_inconsistencies(ROOT / "paper")
    assert table["where"].tolist() == [
        "table_10, Gupta 2020",
        "table_05, Chen et al. 2019",
        "arXiv 2002.11251, abstract",
        "table_03",
    ]
    assert table.set_index("where").at["arXiv 2002.11251, abstract", "computed"] == "-1.9 %"


def test_a_number_that_two_tables_print_differently_is_found(tmp_path):
    shutil.copytree(ROOT / "paper", tmp_path / "paper")
    path = tmp_path / "paper/table_09.csv"
    path.write_text(path.read_text().replace(",2.8,2.8,", ",2.8,2.9,"))
    found = find_inconsistencies(tmp_path / "paper")
    assert "table_09, Pavllo et al. 2019" in found[found["note"] == "table_06 has another number"]["where"].tolist()


def test_every_open_question_says_what_the_paper_the_code_and_we_do():
    text = (ROOT / "paper/open-questions.md").read_text()
    entries = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert len(entries) >= 15
    for entry in entries:
        title = entry.splitlines()[0]
        for part in ("- **Paper:** ", "- **Released code:** ", "- **We:** ", "- **Support:** "):
            assert entry.count(part) == 1, f"{title}: {part}"

"""Names of cells, and what they measure."""

import pytest

from jointaware.errors import InputError
from jointaware.lineage.cells import Cell, Row
from jointaware.lineage.describe import measure


@pytest.mark.parametrize(
    "text", ["wide", "wide, smoothed", "joint_aware against wide", "a, smoothed against b, smoothed"]
)
def test_the_name_of_a_row_reads_back(text):
    assert str(Row.parse(text)) == text


def test_a_second_reference_is_refused_rather_than_ignored():
    with pytest.raises(InputError, match="ROW: found 2 references in 'a against b against c', expected one"):
        Row.parse("a against b against c")


@pytest.mark.parametrize(
    ("table", "column", "unit", "words"),
    [
        ("velocity", "Walking", "mm/frame", "MPJVE, mean per-joint velocity error"),
        ("protocols", "p_mpjpe_mm", "mm", "P-MPJPE, "),
        ("comparison", "limit_violation_percent", "%", "joint limit violations, "),
        ("differences", "mpjae_mm_per_frame2", "%", "relative change of MPJAE, "),
    ],
)
def test_a_cell_has_the_words_and_the_unit_of_its_metric(table, column, unit, words):
    cell = Cell(table, Row("wide"), column)
    assert cell.unit == unit
    assert measure(cell).startswith(words)

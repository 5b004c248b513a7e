"""Addresses of the numbers in results/tables: table, row and column of a cell, and what its column measures.

Mean and standard deviation share a cell, as do a change and its interval. A row of `comparison` may name a variant, a
row of a table of changes also names its reference: `joint_aware, smoothed against wide`.
"""

from __future__ import annotations

from typing import NamedTuple

from jointaware.analysis.comparison import row_name
from jointaware.analysis.tables import LAYOUTS
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS, Constraint, Metric
from jointaware.artifacts.predictions import RAW
from jointaware.errors import InputError

COMPARISON, DIFFERENCES, ABLATION = "comparison", "differences", "ablation"
"""Tables that the paper does not have; `ablation` exists only if params.yaml has one."""
CHANGES = (DIFFERENCES, ABLATION)
"""Tables of relative changes between two experiments, percent."""
TABLES = (*LAYOUTS, COMPARISON, *CHANGES)
INTERVAL = ("percent", "low", "high")
"""Statistics of a cell in a table of changes; the other tables have mean and std."""
AGAINST = " against "
MEASURES: dict[str, Metric | Constraint] = {**METRICS, **CONSTRAINTS}


class Row(NamedTuple):
    """Name of a row within its table."""

    row: str
    variant: str = RAW
    against: str = ""
    against_variant: str = RAW

    @classmethod
    def parse(cls, text: str) -> Row:
        """Parse `joint_aware`, `joint_aware, smoothed` or `joint_aware against wide, smoothed`."""
        sides = text.split(AGAINST)
        if len(sides) > 2:
            raise InputError(f"ROW: found {len(sides) - 1} references in {text!r}, expected one")
        parts: list[str] = []
        for side in sides:
            name, _, variant = side.partition(", ")
            parts += [name.strip(), variant.strip() or RAW]
        return cls(*parts)

    def __str__(self) -> str:
        """Text that `parse` reads back."""
        ours, reference = row_name(self.row, self.variant), row_name(self.against, self.against_variant)
        return f"{ours}{AGAINST}{reference}" if self.against else ours


class Cell(NamedTuple):
    """Address of a number."""

    table: str
    row: Row
    column: str

    @property
    def metric(self) -> str:
        """The metric or constraint measured: the column, or in a table by action the table's metric."""
        if self.column in MEASURES:
            return self.column
        [metric] = LAYOUTS[self.table].metrics
        return metric

    @property
    def is_known(self) -> bool:
        """Whether the column can be of this table: a metric, or in a table by action any name."""
        return self.column in MEASURES or (self.table in LAYOUTS and LAYOUTS[self.table].by_action)

    @property
    def measure(self) -> Metric | Constraint:
        """Name, definition and unit of the metric or constraint."""
        return MEASURES[self.metric]

    @property
    def unit(self) -> str:
        """Unit of the number."""
        return "%" if self.table in CHANGES else self.measure.unit

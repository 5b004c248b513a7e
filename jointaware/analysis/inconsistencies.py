"""Contradictions within the published tables and claims, computed from the printed numbers.

A printed number may be any number that rounds to it: only contradictions that rounding cannot explain are listed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from jointaware.analysis.claims import Claim, read_claims
from jointaware.analysis.tables import NOT_LEGIBLE, PAPER, VIDEOPOSE3D
from jointaware.artifacts.files import read_text_table
from jointaware.artifacts.metrics import METRICS
from jointaware.foreign import refusing, visible
from jointaware.mocap.actions import ACTIONS

COLUMNS = ("where", "what", "printed", "computed", "note")
AVERAGES = ("table_05", "table_06")
"""The tables of averages, which the abstract summarises."""
SLACK = 1e-9


def find_inconsistencies(folder: Path) -> pd.DataFrame:
    """All contradictions, with the columns `COLUMNS`; InputError if a table cannot be read.

    folder: paper/, with its tables and claims.
    """
    claims = read_claims(folder / "claims.yaml").claims
    with refusing(folder, "the published tables as they are in git"):
        tables = {path.stem: read_text_table(path) for path in visible(folder, "table_*.csv")}
        averages = itertools.chain(_averages(tables), _repeated(tables), _raised_by_alignment(tables))
        findings = itertools.chain(averages, _claimed(tables, claims), _settings(tables))
        return pd.DataFrame(findings, columns=COLUMNS)


def _averages(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Printed averages that are not the mean of the row."""
    for name, table in tables.items():
        if not set(ACTIONS) <= set(table):
            continue
        [metric] = [metric for metric in METRICS if metric in table]
        for row in table.to_dict("records"):
            actions = [row[action] for action in ACTIONS]
            if NOT_LEGIBLE in actions:
                continue
            mean = sum(map(float, actions)) / len(actions)
            if abs(mean - float(row[metric])) > _half_a_digit(row[metric]) + _half_a_digit(actions[0]) + SLACK:
                note = "the printed average is not the mean of the row"
                yield f"{name}, {row['row']}", f"average {metric}", row[metric], f"{mean:.2f}", note


def _repeated(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Averages that differ between two tables."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for name, table in tables.items():
        for row, metric in itertools.product(table.to_dict("records"), METRICS):
            if metric not in row or row[metric] == NOT_LEGIBLE:
                continue
            where, printed = seen.setdefault((row["row"], metric), (name, row[metric]))
            if abs(float(printed) - float(row[metric])) > max(map(_half_a_digit, (printed, row[metric]))) + SLACK:
                yield f"{name}, {row['row']}", metric, row[metric], printed, f"{where} has another number"


def _raised_by_alignment(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Errors that are larger with alignment than without."""
    for row in tables["table_05"].to_dict("records"):
        for metric in ("p_mpjpe_mm", "n_mpjpe_mm"):
            if float(row[metric]) > float(row["mpjpe_mm"]):
                note = "larger than the MPJPE, although alignment should lower the error"
                yield f"table_05, {row['row']}", metric, row[metric], row["mpjpe_mm"], note


def _claimed(tables: dict[str, pd.DataFrame], claims: dict[str, Claim]) -> Iterator[tuple[str, ...]]:
    """Claimed percentages that do not follow from the tables."""
    for claim in claims.values():
        if (claim.kind, claim.run, claim.against) != ("change", "ours", "baseline"):
            continue
        [values] = [tables[name].set_index("row")[claim.metric] for name in AVERAGES if claim.metric in tables[name]]
        percent, claimed = 100 * (float(values[PAPER]) / float(values[VIDEOPOSE3D]) - 1), float(claim.published)
        if round(percent) != round(claimed):
            note = "the averages of Tables 5 and 6 give another change"
            yield claim.source, claim.metric, f"{claimed:+.0f} %", f"{percent:+.1f} %", note


def _settings(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """A learning rate equal to its decay."""
    table = tables["table_03"].set_index("row")
    rate, decay = (table.at[row, "value"] for row in ("learning rate", "learning rate decay"))
    if rate == decay:
        yield "table_03", "learning rate", rate, decay, f"equal to the decay: {table.at['learning rate', 'note']}"


def _half_a_digit(printed: str) -> float:
    """Half a unit of the last printed digit: the largest rounding error."""
    return 0.5 * 10 ** -len(printed.partition(".")[2])

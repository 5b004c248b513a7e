"""What does not fit together inside the published tables and claims, computed from what was printed.

A printed number stands for everything that rounds to it: only what no rounding explains is listed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from jointaware.analysis.tables import ABBREVIATIONS, NOT_LEGIBLE
from jointaware.artifacts.scores import METRICS

COLUMNS = ("where", "what", "printed", "computed", "note")
SLACK = 1e-9
BASELINE, PAPER = "Pavllo et al. 2019", "Gupta 2020"


def find_inconsistencies(folder: Path) -> pd.DataFrame:
    """All of them, with the columns `COLUMNS`. folder: paper/, with its tables and claims."""
    tables = {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder.glob("table_*"))}
    claims = yaml.safe_load((folder / "claims.yaml").read_text(encoding="utf-8"))["claims"]
    findings = itertools.chain(
        _averages(tables), _repeated(tables), _scaled_worse(tables), _claimed(tables, claims), _settings(tables)
    )
    return pd.DataFrame(findings, columns=COLUMNS)


def _averages(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Rows whose printed average is not the mean of their actions."""
    for name, table, metric in _by_action(tables):
        for row in table.to_dict("records"):
            actions = [row[action] for action in ABBREVIATIONS]
            if NOT_LEGIBLE in actions:
                continue
            mean = sum(map(float, actions)) / len(actions)
            if abs(mean - float(row[metric])) > _half_a_digit(row[metric]) + _half_a_digit(actions[0]) + SLACK:
                note = "the printed average is not the mean of the row"
                yield f"{name}, {row['row']}", f"average {metric}", row[metric], f"{mean:.2f}", note


def _repeated(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """Averages that two tables print differently."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for name, table in tables.items():
        for row, metric in itertools.product(table.to_dict("records"), METRICS):
            if metric not in row or row[metric] == NOT_LEGIBLE:
                continue
            where, printed = seen.setdefault((row["row"], metric), (name, row[metric]))
            if abs(float(printed) - float(row[metric])) > max(map(_half_a_digit, (printed, row[metric]))) + SLACK:
                yield f"{name}, {row['row']}", metric, row[metric], printed, f"{where} has another number"


def _scaled_worse(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """An alignment that makes the error larger."""
    for row in tables["table_05"].to_dict("records"):
        for metric in ("p_mpjpe_mm", "n_mpjpe_mm"):
            if float(row[metric]) > float(row["mpjpe_mm"]):
                note = "larger than the MPJPE, which the best alignment can hardly raise: expected at most that"
                yield f"table_05, {row['row']}", metric, row[metric], row["mpjpe_mm"], note


def _claimed(tables: dict[str, pd.DataFrame], claims: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Percentages of the abstract that the tables do not have."""
    for claim in claims.values():
        if claim["kind"] != "change" or not claim["source"].startswith("arXiv"):
            continue
        [values] = [table.set_index("row")[claim["metric"]] for table in _averaged(tables) if claim["metric"] in table]
        percent = 100 * (float(values[PAPER]) / float(values[BASELINE]) - 1)
        if round(percent) != round(claim["published"]):
            note = "the change that follows from the averages of Tables 5 and 6 is another"
            yield claim["source"], claim["metric"], f"{claim['published']:+.0f} %", f"{percent:+.1f} %", note


def _settings(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, ...]]:
    """A learning rate that is the decay's number."""
    table = tables["table_03"].set_index("row")
    rate, decay = (table.at[row, "value"] for row in ("learning rate", "learning rate decay"))
    if rate == decay:
        yield "table_03", "learning rate", rate, decay, f"equal to the decay: {table.at['learning rate', 'note']}"


def _by_action(tables: dict[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame, str]]:
    for name, table in tables.items():
        if "Walking" in table:
            [metric] = [metric for metric in METRICS if metric in table]
            yield name, table, metric


def _averaged(tables: dict[str, pd.DataFrame]) -> list[pd.DataFrame]:
    return [tables["table_05"], tables["table_06"]]


def _half_a_digit(printed: str) -> float:
    """What rounding to the printed digits may have hidden."""
    return 0.5 * 10 ** -len(printed.partition(".")[2])

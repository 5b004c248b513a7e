"""Descriptions of a number and of its runs, ready for JSON: `workflow.trace` prints them, the report shows them."""

from __future__ import annotations

from typing import Any

from jointaware.analysis.tables import LAYOUTS, PUBLISHED_ROWS
from jointaware.artifacts.provenance import Provenance
from jointaware.artifacts.scores import Run
from jointaware.lineage.cells import CHANGES, Cell
from jointaware.lineage.chain import Chain, find_provenance
from jointaware.lineage.files import Problem
from jointaware.lineage.tables import Tables

NOT_RECORDED = "not recorded"
FACTS = ("commit", "code_sha256", "python", "packages", "device", "processor", "threads", "seconds")
"""What a trace shows about where and when a network was trained."""


def describe(tables: Tables, cell: Cell, problems: list[Problem]) -> dict[str, Any]:
    """Everything about a cell except its runs and the published numbers beside it."""
    try:
        parts = [part._asdict() | {"run": part.run.name, "file": str(part.file)} for part in tables.parts(cell)]
    except (OSError, ValueError, KeyError):
        parts = []  # `problems` has the reason
    return {
        "table": cell.table,
        "row": str(cell.row),
        "column": cell.column,
        "measure": measure(cell),
        "unit": cell.unit,
        "statistics": tables.stored[cell],
        "runs": [run.name for run in tables.runs(cell)],
        "parts": parts,
        "problems": [problem._asdict() for problem in problems],
    }


def measure(cell: Cell) -> str:
    """Name and definition of what a cell holds: `MPJVE, mean per-joint velocity error`."""
    change = "relative change of " if cell.table in CHANGES else ""
    return f"{change}{cell.measure.name}, {cell.measure.words}"


def published_beside(tables: Tables, cell: Cell) -> list[dict[str, str]]:
    """Published numbers in the cell's column: row, value, source, and a note on doubtful ones."""
    averages = (layout for layout in LAYOUTS.values() if not layout.by_action and cell.column in layout.metrics)
    layout = LAYOUTS.get(cell.table) or next(averages, None)
    if layout is None:
        return []
    try:
        rows = tables.csv(tables.chain.places.printed(layout.number)).set_index("row")
        return [
            {"row": row, "value": line[cell.column], "source": line["source"], "note": line["note"]}
            for row, line in rows.loc[list(PUBLISHED_ROWS)].iterrows()
        ]
    except (OSError, ValueError, KeyError):
        return []


def describe_run(chain: Chain, run: Run) -> dict[str, Any]:
    """How a run was made: provenance, parameters, and the digest of each of its files."""
    provenance = find_provenance(chain.places, run)
    return {
        "run": run.name,
        "experiment": run.experiment,
        "seed": run.seed,
        "made": made(provenance),
        **{fact: getattr(provenance, fact, None) for fact in FACTS},
        "weights": trained.weights if (trained := chain.training(run)) else None,
        "parameters": chain.parameters(run),
        "files": {link.path: link.sha256 for link in chain.links([run]) if link.run},
    }


def made(provenance: Provenance | None) -> str:
    """Where and when a network was trained, in words."""
    if provenance is None:
        return NOT_RECORDED
    where = f"{provenance.device} ({provenance.processor})"
    return f"made at commit {provenance.commit} on {where}, {provenance.seconds:.1f} s"


def describe_data(chain: Chain) -> dict[str, str]:
    """Digest of every file of motion, which all runs share; raw files last."""
    runs = chain.runs(chain.record.experiments)[:1]
    return {link.path: link.sha256 for link in chain.links(runs) if not link.run}

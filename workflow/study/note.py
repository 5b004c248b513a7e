"""The note of a study: one page of LaTeX under the headings of ReScience, every number from the study's files.

Its words are those of the template note.tex beside this module.
"""

from __future__ import annotations

import re
from math import isnan, nan
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from jointaware.analysis.intervals import Change, Motion
from jointaware.analysis.typesetting import LATEX
from jointaware.analysis.verdicts import MEANINGS, NOT_TESTABLE, REPRODUCED
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import RAW
from jointaware.mocap.sources import SOURCES
from workflow.readme import ERRORS
from workflow.study.kept import Study
from workflow.study.page import PAPER, counts_of

TEMPLATE = Path(__file__).with_name("note.tex")
NAME = "note.tex"
MINUS = re.compile(r"(?<![\w-])-(?=\d)")
ABOUT_WIDTH = ("baseline", "wide", "ours")
"""Roles of the experiments whose width the note gives."""
CODE = re.compile(r"`([^`]*)`")


class Entry(NamedTuple):
    """What was found of a claim, in words for the table; empty where it was not measured."""

    value: str = ""
    interval: str = ""
    verdict: str = ""


def note(study: Study) -> str:
    """The note as LaTeX."""
    claims = study.claims.set_index("claim")
    parameters = study.finished
    errors = {word: METRICS[metric].name for word, metric in ERRORS.items() if word in claims.index}
    shown = [name for name in map(study.with_role, ABOUT_WIDTH) if name]

    def claimed(end: str) -> dict[str, Entry]:
        found = {word: _entry(claims.loc[f"{word}{end}"]) for word in errors if f"{word}{end}" in claims.index}
        return found if any(entry.value for entry in found.values()) else {}

    def changed(row: str, against: str, variant: str = RAW) -> dict[str, Entry]:
        motions = Motion(row, variant), Motion(against)
        if not (row and against):
            return {}
        return {word: _in_percent(study.bootstrap.change(*motions, ERRORS[word])) for word in errors}

    tested = study.claims[study.claims["verdict"] != NOT_TESTABLE]
    of_paper = tested["source"].str.startswith(PAPER)
    content = {
        **{role: study.with_role(role) for role in ("wide", "more_frames", "ours")},
        "name": study.name,
        "commits": study.commits,
        "looked_at": study.about.looked_at,
        "chosen_on": study.about.chosen_on,
        "source": SOURCES[parameters.data.source].words,
        "is_published": SOURCES[parameters.data.source].is_published,
        "split": parameters.split,
        "epochs": parameters.train.epochs,
        "seeds": ", ".join(map(str, parameters.seeds)),
        "channels": ", ".join(f"{parameters.experiments[name].channels} in {name}" for name in shown),
        "tested": [(len(part), counts_of(part)) for part in (tested[of_paper], tested[~of_paper])],
        "meanings": {
            verdict: words for verdict, words in MEANINGS.items() if verdict not in (REPRODUCED, NOT_TESTABLE)
        },
        "complexity": claims.loc["complexity"].to_dict() if "complexity" in claims.index else None,
        "errors": errors,
        "published": lambda word: f"{float(claims.at[word, 'published']):+g} %",
        "claimed": claimed,
        "changed": changed,
        "only_velocity": _only(study, "velocity"),
        "sample": study.sample(),
    }
    environment = Environment(
        loader=FileSystemLoader(TEMPLATE.parent),
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        comment_start_string="<#",
        comment_end_string="#>",
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        autoescape=False,
    )
    environment.filters["tex"] = tex
    return environment.get_template(TEMPLATE.name).render(content) + "\n"


def tex(text: object) -> str:
    """Text as LaTeX: special characters, `code`, and minus signs of numbers."""
    return MINUS.sub("$-$", CODE.sub(r"\\texttt{\1}", str(text).translate(LATEX)))


def _entry(claim: pd.Series) -> Entry:
    if claim["ours"] == "":
        return Entry()
    change = Change(*(nan if claim[name] == "" else float(claim[name]) for name in ("ours", "low", "high")))
    return _in_percent(change)._replace(verdict=claim["verdict"])


def _in_percent(change: Change) -> Entry:
    interval = "" if isnan(change.low) else f"[{change.low:+.1f}, {change.high:+.1f}]"
    return Entry(f"{change.percent:+.1f} %", interval)


def _only(study: Study, term: str) -> str:
    """The experiment with this loss term alone; empty where there is none."""
    return next((name for name, each in study.finished.experiments.items() if [*each.losses] == [term]), "")

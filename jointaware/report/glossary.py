"""What each name on the page means: runs, filters, errors and measures of plausibility, and words of this project.

Every name that stands in a table or a heading is marked, and says on hover, focus or touch what the glossary says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup, escape

from jointaware.artifacts.experiments import ROLES, SHARED_ROLES
from jointaware.artifacts.metrics import CONSTRAINTS, METRICS, Constraint, Metric
from jointaware.artifacts.predictions import FILTERS
from jointaware.pose.terms import TERMS

WORDS = {
    "clip": "consecutive output frames in a training batch; losses on motion need them",
    "interval": "95 % of the results when the test subjects, their takes and the seeds are drawn again",
    "receptive field": "the input frames that one output frame sees",
    "seed": "one of several trainings that differ only in chance",
}
"""Words that the page uses, beside names of runs and measures."""


def describe_runs(experiments: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Each experiment in words: its role, or else its losses. experiments: with their overrides of `train`."""
    return {name: _run_in_words(settings) for name, settings in experiments.items()}


def _run_in_words(settings: Mapping[str, Any]) -> str:
    role, losses = settings.get("role", "other"), settings.get("losses") or {}
    parts = [] if role in SHARED_ROLES else [ROLES.get(role, "")]
    missing = [name for name in TERMS if name not in losses]
    if losses and 0 < len(missing) <= 1:
        parts.append(f"all losses but {_listed(missing)}")
    elif losses and not missing:
        parts.append("all losses")
    elif losses:
        parts.append(f"with the {'loss' if len(losses) == 1 else 'losses'} {_listed(losses)}")
    elif role in SHARED_ROLES:
        parts.append("without joint-aware losses")
    return "; ".join(filter(None, parts))


def _listed(terms: Any) -> str:
    return ", ".join(name.replace("_", " ") for name in terms)


def define(*runs: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The glossary by heading, each from name to meaning. runs: of several parameter sets, the first one's first."""
    named: dict[str, str] = {}
    for described in runs:
        for name, meaning in described.items():
            known = named.setdefault(name, meaning)
            if meaning not in known:
                named[name] = f"{known}; elsewhere {meaning}"
    measures: list[Metric | Constraint] = [*METRICS.values(), *CONSTRAINTS.values()]
    return {
        "Errors and plausibility, lower is better": {each.name: f"{each.words}, in {each.unit}" for each in measures},
        "Runs": named,
        "After a filter": {name: f"the same predictions after {row.words}" for name, row in FILTERS.items()},
        "Words": WORDS,
    }


def marker(glossary: Mapping[str, Mapping[str, str]]) -> Callable[[str], Markup]:
    """A function that marks the names of the glossary, but for its words, and what stands between backticks."""
    names = sorted({name for heading, names in glossary.items() if heading != "Words" for name in names}, key=len)
    pattern = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, reversed(names)))})(?![\w-])")
    term, code = Markup('<span class="term" role="term" tabindex="0">{}</span>'), Markup("<code>{}</code>")

    def mark(text: str) -> Markup:
        quoted = re.split(r"`([^`]+)`", str(text))
        return Markup("").join(
            code.format(part) if place % 2 else _every_second(pattern.split(part), term)
            for place, part in enumerate(quoted)
        )

    return mark


def _every_second(parts: list[str], form: Markup) -> Markup:
    """The parts one after the other, every second one in a form."""
    return Markup("").join(form.format(part) if place % 2 else escape(part) for place, part in enumerate(parts))

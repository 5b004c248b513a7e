"""Verdicts on the claims of `paper/claims.yaml`, computed from the scores of all runs.

A claim is reproduced, not reproduced, or not testable; `why` gives the reason and the numbers behind it.
Claims name experiments by their roles; verdicts name them as params.yaml does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from jointaware.analysis.statistics import paired_change
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import ROLES
from jointaware.artifacts.scores import Scores
from jointaware.errors import InputError

COLUMNS = ("claim", "says", "source", "published", "ours", "low", "high", "unit", "verdict", "why")
REPRODUCED, NOT_REPRODUCED, NOT_TESTABLE = "reproduced", "not reproduced", "not testable"
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Claim:
    """One entry of claims.yaml, whose header says what each key means. run, against: roles."""

    says: str
    source: str
    kind: str
    published: float | str
    testable_on: tuple[str, ...]
    run: str
    against: str = ""
    metric: str = ""


@dataclass(frozen=True)
class Claims:
    """The content of claims.yaml: claims by name, and by source of motion why it cannot test some of them."""

    claims: dict[str, Claim]
    sources: dict[str, str]


@dataclass(frozen=True)
class Finding:
    """Our number for a claim with its 95 % interval, whether it supports the claim, and the reason in words."""

    ours: float
    unit: str
    holds: bool
    why: str
    low: float = float("nan")
    high: float = float("nan")


def judge(path: Path, scores: Scores, source: str, roles: Mapping[str, str]) -> pd.DataFrame:
    """One row for each claim, with the columns `COLUMNS`; low and high are the 95 % interval.

    path: claims.yaml. source: where the motion is from. roles: the role of each experiment. A claim that cannot be
    tested on this source still gets our number, unless a rerun would change that number.
    """
    content = read_claims(path)
    experiments = {role: experiment for experiment, role in roles.items()}
    rows = []
    for name, claim in content.claims.items():
        row = {"claim": name, "says": claim.says, "source": claim.source, "published": claim.published, "unit": ""}
        reason = ""
        if source not in claim.testable_on:
            reason = content.sources.get(source, f"motion from {source} cannot test it")
        found = _find(claim, scores, experiments, is_testable=not reason)
        if isinstance(found, str):
            rows.append(row | {"verdict": NOT_TESTABLE, "why": "; ".join(filter(None, (reason, found)))})
            continue
        row |= {"ours": found.ours, "low": found.low, "high": found.high, "unit": found.unit}
        verdict = NOT_TESTABLE if reason else REPRODUCED if found.holds else NOT_REPRODUCED
        rows.append(row | {"verdict": verdict, "why": "; ".join(filter(None, (reason, found.why)))})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def read_claims(path: Path) -> Claims:
    """Read and check claims.yaml; InputError names the first invalid entry."""
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        claims = {name: _parse(f"{path}: claims.{name}", entry) for name, entry in content["claims"].items()}
        return Claims(claims, dict(content["sources"]))
    except (YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected claims of the kinds {', '.join(KINDS)}; found {error!r}") from error


def _parse(where: str, entry: dict[str, Any]) -> Claim:
    expected = {"says", "source", "kind", "published", "testable_on", "run", *KINDS[entry["kind"]].keys}
    if odd := sorted(expected ^ set(entry)):
        raise InputError(f"{where}: {odd[0]} is missing or unknown; expected {', '.join(sorted(expected))}")
    for key, known in {"metric": list(METRICS), "run": list(ROLES), "against": list(ROLES)}.items():
        if key in entry and entry[key] not in known:
            raise InputError(f"{where}.{key}: found {entry[key]}, expected one of {', '.join(known)}")
    return Claim(**entry | {"testable_on": tuple(entry["testable_on"])})


def _find(claim: Claim, scores: Scores, experiments: Mapping[str, str], *, is_testable: bool) -> Finding | str:
    """Our number, or the reason why there is none; empty if that is only because the claim is not testable here."""
    kind = KINDS[claim.kind]
    if not is_testable and not kind.is_repeatable:
        return ""
    for role in filter(None, (claim.run, claim.against)):
        if role not in experiments:
            return f"no experiment in params.yaml has the role {role}"
    return kind.find(claim, scores, experiments[claim.run], experiments.get(claim.against, ""))


def _change(claim: Claim, scores: Scores, run: str, against: str, *, filtered: bool = False) -> Finding:
    """filtered: compare the raw run with the reference after the Savitzky-Golay filter."""
    sequences, averages = (
        (scores.smoothed_sequences, scores.smoothed_averages) if filtered else (scores.sequences, scores.averages)
    )
    percent, low, high = paired_change(_of(scores.sequences, run), _of(sequences, against), claim.metric)
    ours, reference = _by_seed(scores.averages, run, claim.metric), _by_seed(averages, against, claim.metric)
    by_seed = ", ".join(f"{100 * change:+.1f}" for change in (ours / reference - 1).dropna())
    why = (
        f"{run} against {against}{' after the filter' if filtered else ''}: {percent:+.1f} %, 95 % interval over takes "
        f"{low:+.1f} to {high:+.1f} %; by seed {by_seed} %"
    )
    # "no worse": no significant increase. A number: a decrease at least that large, and significant.
    is_supported = low <= 0 if isinstance(claim.published, str) else percent <= claim.published and high < 0
    return Finding(percent, "%", bool(is_supported), why, low, high)


def _change_from_filtered(claim: Claim, scores: Scores, run: str, against: str) -> Finding:
    return _change(claim, scores, run, against, filtered=True)


def _value(claim: Claim, scores: Scores, run: str, _against: str) -> Finding:
    values = _of(scores.averages, run)[claim.metric]
    mean, spread = values.mean(), values.std(ddof=1) if len(values) > 1 else 0.0
    why = f"{run}: {mean:.2f} ± {spread:.2f} over {len(values)} seeds"
    return Finding(mean, METRICS[claim.metric].unit, bool(mean - spread <= claim.published), why)


def _weights(claim: Claim, scores: Scores, run: str, against: str) -> Finding:
    ours, other = (_of(scores.records, name)["weights"].iloc[0] for name in (run, against))
    why = f"{run} has {ours:,} weights, {against} {other:,}: {ours / other:.2f} times as many"
    return Finding(ours / other, "times the weights", bool(ours <= other), why)


def _epoch_time(claim: Claim, scores: Scores, run: str, _against: str) -> Finding | str:
    records = _of(scores.records, run)
    if not records["epochs"].all():
        return f"{run} was not trained here"
    records = records.dropna(subset="seconds")
    if records.empty:
        return f"the training time of {run} is not recorded"
    hours = (records["seconds"] / records["epochs"]).mean() / SECONDS_PER_HOUR
    why = f"{run} took {hours:.3g} hours per epoch on {', '.join(records['device'].unique())}"
    return Finding(hours, "hours", bool(hours <= claim.published), why)


@dataclass(frozen=True)
class Kind:
    """A kind of claim: its own keys, how our number is computed, and whether a rerun gives the same number.

    find: called with (claim, scores, run, against), the last two names of experiments; a string says why there is no
    number.
    """

    keys: frozenset[str]
    find: Callable[[Claim, Scores, str, str], Finding | str]
    is_repeatable: bool = True


KINDS = {
    "change": Kind(frozenset({"metric", "against"}), _change),
    "change_from_filtered": Kind(frozenset({"metric", "against"}), _change_from_filtered),
    "value": Kind(frozenset({"metric"}), _value),
    "weights": Kind(frozenset({"against"}), _weights),
    "epoch_time": Kind(frozenset(), _epoch_time, is_repeatable=False),
}


def _of(table: pd.DataFrame, experiment: str) -> pd.DataFrame:
    return table[table["experiment"] == experiment]


def _by_seed(averages: pd.DataFrame, experiment: str, metric: str) -> pd.Series:
    return _of(averages, experiment).set_index("seed")[metric]

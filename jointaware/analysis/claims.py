"""The verdict on every claim of `paper/claims.yaml`, computed from the scores of the runs.

A claim is reproduced, not reproduced, or not testable; `why` says so in a sentence with the numbers it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from jointaware.analysis.statistics import paired_change
from jointaware.artifacts.scores import METRICS, Scores
from jointaware.errors import InputError

KINDS = {
    "change": {"metric", "run", "against"},
    "change_from_filtered": {"metric", "run", "against"},
    "value": {"metric", "run"},
    "weights": {"run", "against"},
    "epoch_time": {"run"},
}
COMMON = {"says", "source", "kind", "published", "testable_on"}
REPRODUCED, NOT_REPRODUCED, NOT_TESTABLE = "reproduced", "not reproduced", "not testable"
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Finding:
    """What we have of a claim: our number with its interval, whether it bears the claim out, and in words."""

    ours: float
    unit: str
    holds: bool
    why: str
    low: float = float("nan")
    high: float = float("nan")


def judge(path: Path, scores: Scores, source: str) -> pd.DataFrame:
    """A row for each claim: claim, says, source, published, ours, low, high, unit, verdict, why.

    path: claims.yaml. source: where the motion is from. Where a claim cannot be tested on it, our number is told all
    the same if there is one; low and high are its 95 % interval.
    """
    content = _read(path)
    rows = []
    for name, claim in content["claims"].items():
        row = {"claim": name, "says": claim["says"], "source": claim["source"], "published": claim["published"]}
        if obstacle := _obstacle(claim, scores):
            rows.append(row | {"unit": "", "verdict": NOT_TESTABLE, "why": obstacle})
            continue
        found = FINDINGS[claim["kind"]](claim, scores)
        row |= {"ours": found.ours, "low": found.low, "high": found.high, "unit": found.unit}
        if source in claim["testable_on"]:
            rows.append(row | {"verdict": REPRODUCED if found.holds else NOT_REPRODUCED, "why": found.why})
        else:
            rows.append(row | {"verdict": NOT_TESTABLE, "why": f"{content['sources'][source]}; {found.why}"})
    columns = ["claim", "says", "source", "published", "ours", "low", "high", "unit", "verdict", "why"]
    return pd.DataFrame(rows, columns=columns)


def _obstacle(claim: dict[str, Any], scores: Scores) -> str:
    """Why there is no number of ours; empty if there is one."""
    experiments = set(scores.averages["experiment"])
    for name in (claim["run"], claim.get("against", claim["run"])):
        if name not in experiments:
            return f"the experiment {name} is not in params.yaml"
    if claim["kind"] == "epoch_time" and not _of(scores.records, claim["run"])["epochs"].all():
        return f"{claim['run']} was not trained here"
    return ""


def _change(claim: dict[str, Any], scores: Scores, *, filtered: bool = False) -> Finding:
    """filtered: hold the run as it is against the other after the Savitzky-Golay filter."""
    metric, run, against = claim["metric"], claim["run"], claim["against"]
    sequences, averages = (
        (scores.smoothed_sequences, scores.smoothed_averages) if filtered else (scores.sequences, scores.averages)
    )
    percent, low, high = paired_change(_of(scores.sequences, run), _of(sequences, against), metric)
    ours, others = (
        _of(table, name).set_index("seed")[metric] for table, name in ((scores.averages, run), (averages, against))
    )
    by_seed = ", ".join(f"{100 * change:+.1f}" for change in (ours / others - 1).dropna())
    why = (
        f"{run} against {against}{' after the filter' if filtered else ''}: {percent:+.1f} %, 95 % interval over takes "
        f"{low:+.1f} to {high:+.1f} %; seed by seed {by_seed} %"
    )
    published = claim["published"]
    # No worse: the interval reaches zero. So much better: the change is that large, and the interval leaves zero out.
    holds = low <= 0 if published == "no worse" else percent <= published and high < 0
    return Finding(percent, "%", holds, why, low, high)


def _change_from_filtered(claim: dict[str, Any], scores: Scores) -> Finding:
    return _change(claim, scores, filtered=True)


def _value(claim: dict[str, Any], scores: Scores) -> Finding:
    values = _of(scores.averages, claim["run"])[claim["metric"]]
    mean, spread = values.mean(), values.std(ddof=1) if len(values) > 1 else 0.0
    unit = claim["metric"].partition("_mm")[2].replace("_per_", "/").replace("2", "²")
    why = f"{claim['run']}: {mean:.2f} ± {spread:.2f} over {len(values)} seeds"
    return Finding(mean, f"mm{unit}", mean - spread <= claim["published"], why)


def _weights(claim: dict[str, Any], scores: Scores) -> Finding:
    run, against = (_of(scores.records, claim[key])["weights"].iloc[0] for key in ("run", "against"))
    why = f"{claim['run']} has {run:,} weights, {claim['against']} {against:,}: {run / against:.2f} times as many"
    return Finding(run / against, "times the weights", run <= against, why)


def _epoch_time(claim: dict[str, Any], scores: Scores) -> Finding:
    records = _of(scores.records, claim["run"])
    hours = (records["seconds"] / records["epochs"]).mean() / SECONDS_PER_HOUR
    why = f"{claim['run']} took {hours:.3g} hours an epoch on {', '.join(records['device'].unique())}"
    return Finding(hours, "hours", hours <= claim["published"], why)


FINDINGS = {
    "change": _change,
    "change_from_filtered": _change_from_filtered,
    "value": _value,
    "weights": _weights,
    "epoch_time": _epoch_time,
}


def _of(table: pd.DataFrame, experiment: str) -> pd.DataFrame:
    return table[table["experiment"] == experiment]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, claim in content["claims"].items():
            expected = COMMON | KINDS[claim["kind"]]
            if odd := sorted(expected ^ set(claim)):
                raise InputError(f"{path}: claims.{name}: {odd[0]} is missing or unknown; expected {sorted(expected)}")
            if claim.get("metric", METRICS[0]) not in METRICS:
                raise InputError(f"{path}: claims.{name}.metric: found {claim['metric']}, expected one of {METRICS}")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: expected claims of the kinds {', '.join(KINDS)}; found {error!r}") from error
    return content

"""Our number and the verdict for each claim, computed from the scores of all runs.

Verdicts follow from intervals alone (`verdicts`); `why` gives the numbers behind them. Verdicts name experiments as
params.yaml does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan, nan
from pathlib import Path

import pandas as pd

from jointaware.analysis.claims import Claim, read_claims
from jointaware.analysis.intervals import CONFIDENCE, Bootstrap, Change, Motion, by_sequence, interval_over_seeds
from jointaware.analysis.verdicts import (
    CONTRADICTED,
    HOLDS,
    NOT_TESTABLE,
    REPRODUCED,
    judge_change,
    judge_every,
    judge_value,
)
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import FILTERS, RAW
from jointaware.artifacts.scores import Scores

COLUMNS = (
    "claim", "says", "source", "kind", "published", "margin",
    "ours", "low", "high", "unit", "sample", "verdict", "why",
)  # fmt: skip
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Finding:
    """Our number for a claim with its 95 % interval, of what that speaks, the verdict, and the reason in words."""

    ours: float
    unit: str
    verdict: str
    why: str
    low: float = nan
    high: float = nan
    sample: str = ""


@dataclass(frozen=True)
class Evidence:
    """What claims are judged by. run, against: the experiments of a claim; run is empty where there is none."""

    scores: Scores
    bootstrap: Bootstrap
    run: str = ""
    against: str = ""


def judge(
    path: Path, scores: Scores, source: str, roles: Mapping[str, str], *, is_paper_size: bool = False
) -> pd.DataFrame:
    """One row for each claim, with the columns `COLUMNS`; low and high are the 95 % interval.

    path: claims.yaml. source: where the motion is from. roles: the role of each experiment. is_paper_size: whether the
    networks are the paper's on its motion. A claim that cannot be tested on this source still gets our number, unless a
    rerun would change that number.
    """
    content, bootstrap = read_claims(path), Bootstrap.of(by_sequence(scores))
    experiments = {role: experiment for experiment, role in roles.items()}
    rows = []
    for name, claim in content.claims.items():
        reason = ""
        if source not in claim.testable_on:
            reason = content.sources.get(source, f"motion from {source} cannot test it")
        found = _find(claim, Evidence(scores, bootstrap), experiments, is_testable=not reason)
        verdict = NOT_TESTABLE if reason else found.verdict
        if verdict == HOLDS and is_paper_size and claim.is_of_the_paper:
            verdict = REPRODUCED
        why = "; ".join(filter(None, (reason, found.why)))
        rows.append(vars(claim) | vars(found) | {"claim": name, "verdict": verdict, "why": why})
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _find(claim: Claim, evidence: Evidence, experiments: Mapping[str, str], *, is_testable: bool) -> Finding:
    if not is_testable and claim.kind == "epoch_time":
        return _nothing("")
    for role in filter(None, (claim.run, claim.against)):
        if role not in experiments:
            return _nothing(f"no experiment in params.yaml has the role {role}")
    run, against = experiments[claim.run], experiments.get(claim.against, "")
    return FINDERS[claim.kind](claim, Evidence(evidence.scores, evidence.bootstrap, run, against))


def _nothing(why: str) -> Finding:
    return Finding(nan, "", NOT_TESTABLE, why)


def _change(claim: Claim, evidence: Evidence) -> Finding:
    ours, reference = claim.variants
    run, against = Motion(evidence.run, ours), Motion(evidence.against, reference)
    change = evidence.bootstrap.change(run, against, claim.metric)
    sample = evidence.bootstrap.sample(claim.metric, run, against)
    pair = f"{run.experiment} against {against.experiment}"
    if reference != RAW:
        pair += f"{', both' if ours == reference else ''} after {FILTERS[reference].words}"
    verdict = judge_change(change.low, change.high, published=claim.published, margin=claim.margin)
    why = f"{pair}: {in_words(change)}{': ' if isnan(change.low) else ' over '}{sample}"
    return Finding(change.percent, "%", verdict, why, change.low, change.high, str(sample))


def in_words(change: Change) -> str:
    """A change with its interval, or why it has none: `-6.4 %, 95 % interval -10.3 to -2.5 %`."""
    if isnan(change.percent):
        return "not measured"
    if isnan(change.low):
        return f"{change.percent:+.1f} %, no interval"
    return f"{change.percent:+.1f} %, 95 % interval {change.low:+.1f} to {change.high:+.1f} %"


def _every_action(claim: Claim, evidence: Evidence) -> Finding:
    """An increase in any one of many actions refutes the claim, so that its interval is wider (Bonferroni)."""
    bootstrap, run, against = evidence.bootstrap, Motion(evidence.run), Motion(evidence.against)
    actions = bootstrap.actions(run)
    strict = 1 - (1 - CONFIDENCE) / len(actions)
    changes = {action: bootstrap.change(run, against, claim.metric, action=action) for action in actions}
    below = [action for action, change in changes.items() if change.high < 0]
    above = [
        action
        for action, change in changes.items()
        if change.low > 0 and bootstrap.change(run, against, claim.metric, action=action, confidence=strict).low > 0
    ]
    without = [action for action, change in changes.items() if isnan(change.low)]
    verdict = judge_every(below=len(below), above=len(above), tested=len(actions) - len(without), of=len(actions))
    why = f"{run.experiment} against {against.experiment}: surely lower in {len(below)} of {len(actions)} actions"
    why += f", surely higher in {', '.join(above)}" if above else ", surely higher in none"
    why += f"; no interval for {', '.join(without)}, for want of takes" if without else ""
    sample = bootstrap.sample(claim.metric, run, against)
    return Finding(len(below), f"of {len(actions)} actions", verdict, f"{why}; {sample}", sample=str(sample))


def _value(claim: Claim, evidence: Evidence) -> Finding:
    metric = METRICS[claim.metric]
    values = _of(evidence.scores.averages, evidence.run)[claim.metric].tolist()
    if len(set(values)) == 1:  # the same network for every seed, trained elsewhere
        values = values[:1]
    return _over_seeds(claim, evidence.run, values, metric.unit, metric.decimals)


def _epoch_time(claim: Claim, evidence: Evidence) -> Finding:
    run, records = evidence.run, _of(evidence.scores.records, evidence.run)
    if not records["epochs"].all():
        return _nothing(f"{run} was not trained here")
    records = records.dropna(subset="seconds")
    if records.empty:
        return _nothing(f"the training time of {run} is not recorded")
    hours = (records["seconds"] / records["epochs"] / SECONDS_PER_HOUR).tolist()
    return _over_seeds(claim, f"{run}, on {', '.join(records['device'].unique())}", hours, "hours", 2)


def _over_seeds(claim: Claim, name: str, values: list[float], unit: str, decimals: int) -> Finding:
    mean, low, high = interval_over_seeds(values)
    verdict = judge_value(low, high, published=float(claim.published), margin=claim.margin)
    interval = f"95 % interval {low:.{decimals}f} to {high:.{decimals}f}" if len(values) > 1 else "no interval"
    sample = f"{len(values)} seeds" if len(values) > 1 else "one seed"
    return Finding(mean, unit, verdict, f"{name}: {mean:.{decimals}f} {unit}, {interval}, {sample}", low, high, sample)


def _weights(claim: Claim, evidence: Evidence) -> Finding:
    """A count, without an interval."""
    ours, other = (_of(evidence.scores.records, name)["weights"].iloc[0] for name in (evidence.run, evidence.against))
    why = f"{evidence.run} has {ours:,} weights, {evidence.against} {other:,}: {ours / other:.2f} times as many"
    verdict = HOLDS if ours <= float(claim.published) * other else CONTRADICTED
    return Finding(ours / other, "times the weights", verdict, why)


FINDERS: dict[str, Callable[[Claim, Evidence], Finding]] = {
    "change": _change,
    "change_from_filtered": _change,
    "change_when_filtered": _change,
    "every_action": _every_action,
    "value": _value,
    "weights": _weights,
    "epoch_time": _epoch_time,
}
"""How our number for each kind of claim is found."""


def _of(table: pd.DataFrame, experiment: str) -> pd.DataFrame:
    return table[table["experiment"] == experiment]

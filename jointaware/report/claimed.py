"""Claims as the page shows them: the paper's own first, the others by group, and those that nothing here can test.

What was asked and what was found is put into words here; verdicts are those of claims.csv.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from jointaware.analysis.claims import ABSTRACT, PAPER, Claim
from jointaware.analysis.verdicts import NO_CHANGE, NO_WORSE, NOT_TESTABLE, VERDICTS
from jointaware.artifacts.metrics import METRICS
from jointaware.report.grids import Change, number

MINUS, SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"

WITHOUT_METRIC = {"weights": "number of weights", "epoch_time": "hours per epoch"}
"""What the claims without a metric are about."""


class Asked(NamedTuple):
    """A claim and what was found of it. change: with its interval, of claims about changes. at: the claimed change."""

    name: str
    claim: Claim
    about: str
    asked: str
    found: str
    interval: str
    verdict: str
    why: str
    change: Change | None = None
    at: float | None = None

    @property
    def where(self) -> str:
        """The place in the paper, or its source."""
        return self.claim.source.removeprefix(f"{PAPER}, ")


@dataclass
class Group:
    """Claims that share all but metric and number; by_metric: those that have one."""

    says: str
    source: str
    of_the_paper: bool
    claims: list[Asked] = field(default_factory=list)

    @property
    def by_metric(self) -> dict[str, Asked]:
        """The claim about each error."""
        return {each.claim.metric: each for each in self.claims if each.claim.metric}


@dataclass(frozen=True)
class Claimed:
    """All claims of a table. own: those of the paper's abstract, and the same of the other errors."""

    own: list[Asked]
    groups: list[Group]
    untestable: list[Asked]

    @property
    def abstract(self) -> list[Asked]:
        """The paper's own claims."""
        return [each for each in self.own if each.claim.source == ABSTRACT]

    def groups_of(self, *, paper: bool) -> list[Group]:
        """The other claims that can be tested: of the paper, or ours."""
        return [group for group in self.groups if group.of_the_paper == paper]

    @property
    def counts(self) -> dict[str, int]:
        """Number of claims by verdict."""
        everything = [*self.own, *(each for group in self.groups for each in group.claims), *self.untestable]
        found = [each.verdict for each in everything]
        return {verdict: found.count(verdict) for verdict in VERDICTS if verdict in found}


def read_claimed(rows: Iterable[Mapping[str, str]], known: Mapping[str, Claim]) -> Claimed:
    """The claims of claims.csv, as far as claims.yaml knows them; in the order of claims.yaml."""
    found = [_asked(known[row["claim"]], row) for row in rows if row.get("claim") in known]
    abstract = {each.claim.group for each in found if each.claim.source == ABSTRACT}
    own = [each for each in found if each.claim.group in abstract and each.verdict != NOT_TESTABLE]
    order = {metric: place for place, metric in enumerate(METRICS)}
    own.sort(key=lambda each: order.get(each.claim.metric, len(order)))
    reach = max((each.change.reach for each in own if each.change), default=1.0)
    own = [each._replace(change=each.change and each.change._replace(reach=reach)) for each in own]
    groups: dict[tuple[str, str], Group] = {}
    for each in found:
        if each.claim.group not in abstract and each.verdict != NOT_TESTABLE:
            key = each.claim.group, each.claim.source
            groups.setdefault(key, Group(*key, each.claim.is_of_the_paper)).claims.append(each)
    return Claimed(own, [*groups.values()], [each for each in found if each.verdict == NOT_TESTABLE])


def signed(percent: float) -> str:
    """A change in percent with its sign: `-6.4 %`."""
    return f"{percent:+.1f}{SPACE}%".replace("-", MINUS)


def between(low: float, high: float) -> str:
    """The ends of an interval: `-7.2 to -5.7`."""
    return f"{low:+.1f} to {high:+.1f}".replace("-", MINUS)


def _asked(claim: Claim, row: Mapping[str, str]) -> Asked:
    """A claim with its row of claims.csv."""
    about = METRICS[claim.metric].name if claim.metric else WITHOUT_METRIC[claim.kind]
    found, interval, change = "", "", None
    ours, low, high = (number(row.get(key, "")) for key in ("ours", "low", "high"))
    if ours is not None and claim.kind.startswith("change"):
        found = signed(ours)
        if low is not None and high is not None:
            interval = between(low, high)
            change = Change(ours, low, high, max(map(abs, (ours, low, high, _at(claim) or 0))))
    elif ours is not None:
        decimals = 0 if claim.kind == "every_action" else 2
        found = f"{ours:.{decimals}f} {'times as many' if claim.kind == 'weights' else row.get('unit', '')}"
        if low is not None and high is not None:
            interval = f"{low:.2f} to {high:.2f}"
    verdict, why = row.get("verdict", ""), row.get("why", "")
    return Asked(row["claim"], claim, about, _in_words(claim), found, interval, verdict, why, change, _at(claim))


def _at(claim: Claim) -> float | None:
    """The claimed change, percent; for those that name none, the margin."""
    if not claim.kind.startswith("change"):
        return None
    return claim.margin if isinstance(claim.published, str) else claim.published


def _in_words(claim: Claim) -> str:
    """What is asked of our number."""
    match claim.kind, claim.published:
        case "every_action", _:
            return "lower in every action"
        case "weights", _:
            return "no more"
        case "epoch_time", hours:
            return f"{hours:g} hours"
        case "value", value:
            return f"{value} {METRICS[claim.metric].unit}"
        case _, text if text == NO_WORSE:
            return f"≤ +{claim.margin:g}{SPACE}%"
        case _, text if text == NO_CHANGE:
            return f"±{claim.margin:g}{SPACE}%"
        case _, 0.0:
            return "lower"
        case _, percent:
            return f"{float(percent):+g}{SPACE}%".replace("-", MINUS)

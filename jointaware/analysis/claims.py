"""The claims of `paper/claims.yaml`, one by one.

Claims name experiments by their roles, and are written in groups that differ in metric and number only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jointaware.analysis.verdicts import NO_CHANGE, NO_WORSE
from jointaware.artifacts.experiments import ROLES, SHARED_ROLES
from jointaware.artifacts.files import read_yaml
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import FILTERS, RAW
from jointaware.errors import InputError

KINDS = {
    "change": ("metric", "against"),
    "change_from_filtered": ("metric", "against", "filter"),
    "change_when_filtered": ("metric", "against", "filter"),
    "every_action": ("metric", "against"),
    "value": ("metric",),
    "weights": ("against",),
    "epoch_time": (),
}
"""The kinds of claims, and the keys that only some of them have."""
SHARED = ("says", "source", "kind", "run", "margin", "testable_on", "claims")
"""Keys that every group has, beside those of its kind."""
PAPER = "arXiv 2002.11251"
ABSTRACT = f"{PAPER}, abstract"


@dataclass(frozen=True)
class Claim:
    """A claim; the header of claims.yaml says what each field means. run, against: roles. filter: one of FILTERS.

    group: what the claims of its group say in common, with an ellipsis for metric and number.
    """

    says: str
    group: str
    source: str
    kind: str
    published: float | str
    margin: float
    testable_on: tuple[str, ...]
    run: str
    against: str = ""
    metric: str = ""
    filter: str = RAW

    @property
    def variants(self) -> tuple[str, str]:
        """Variants of `run` and of `against` whose errors a change is between."""
        return self.filter if self.kind == "change_when_filtered" else RAW, self.filter

    @property
    def is_of_the_paper(self) -> bool:
        """Whether the paper makes this claim, rather than this project."""
        return self.source.startswith(PAPER)


@dataclass(frozen=True)
class Claims:
    """Claims by name, how each kind is measured, and by source of motion why it cannot test some of them."""

    claims: dict[str, Claim]
    kinds: dict[str, str]
    sources: dict[str, str]


def read_claims(path: Path) -> Claims:
    """Read and check claims.yaml; InputError names the first invalid entry."""
    content: Any = read_yaml(path)
    try:
        claims: dict[str, Claim] = {}
        for number, group in enumerate(content["groups"], 1):
            for name, claim in _expand(f"{path}: group {number}", group):
                if name in claims:
                    raise InputError(f"{path}: {name}: found twice, expected a name of its own for each claim")
                claims[name] = claim
        if odd := sorted(set(content["kinds"]) ^ set(KINDS)):
            raise InputError(f"{path}: kinds: {odd[0]} is missing or unknown; expected {', '.join(KINDS)}")
        return Claims(claims, dict(content["kinds"]), dict(content["sources"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"{path}: expected groups of claims of the kinds {', '.join(KINDS)}; {error!r}") from error


def _expand(where: str, group: dict[str, Any]) -> Iterator[tuple[str, Claim]]:
    """The claims of a group."""
    own = KINDS[group["kind"]]
    _expect(where, group, {*SHARED, *own} - {"metric"})
    roles = [role for role in ROLES if role not in SHARED_ROLES]
    for key in ("run", "against"):
        if key in group and group[key] not in roles:
            raise InputError(f"{where}.{key}: found {group[key]}, expected one of {', '.join(roles)}")
    if "filter" in group and group["filter"] not in FILTERS:
        raise InputError(f"{where}.filter: found {group['filter']}, expected one of {', '.join(FILTERS)}")
    for name, claim in group["claims"].items():
        _expect(f"{where}.{name}", claim, {"published"} | ({"metric"} & set(own)))
        if claim.get("metric", next(iter(METRICS))) not in METRICS:
            raise InputError(f"{where}.{name}.metric: found {claim['metric']}, expected one of {', '.join(METRICS)}")
        texts = (NO_WORSE, NO_CHANGE) if "change" in group["kind"] else ()
        if claim["published"] not in texts and not isinstance(claim["published"], float):
            expected = " or ".join(["a number with a decimal point", *texts])
            raise InputError(f"{where}.{name}.published: found {claim['published']!r}, expected {expected}")
        fields = {key: value for key, value in group.items() if key != "claims"} | claim
        fields |= {"testable_on": tuple(group["testable_on"]), "margin": float(group["margin"])}
        words = {key: group["says"].format(text) for key, text in (("says", _in_words(**fields)), ("group", "…"))}
        yield name, Claim(**fields | words)


def _expect(where: str, entry: dict[str, Any], keys: set[str]) -> None:
    if odd := sorted(keys ^ set(entry)):
        raise InputError(f"{where}: {odd[0]} is missing or unknown; expected {', '.join(sorted(keys))}")


def _in_words(published: float | str, margin: float, kind: str, metric: str = "", **_: object) -> str:
    """Metric and number as a predicate: `lowers MPJVE by 7 %`."""
    if not metric:
        return ""
    name = METRICS[metric].name
    if kind == "value":
        return f"reaches {published} {METRICS[metric].unit} {name}"
    if published == NO_WORSE:
        return f"does not raise {name} by more than {margin:g} %"
    if published == NO_CHANGE:
        return f"changes {name} by no more than {margin:g} %"
    return f"lowers {name}" + (f" by {-float(published):g} %" if published else "")

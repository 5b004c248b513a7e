"""The verdict on top of the page: three sentences, all of their numbers from the files of one study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from jointaware.analysis.intervals import Change, Motion
from jointaware.analysis.verdicts import HOLDS, VERDICTS
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.predictions import FILTERS
from jointaware.mocap.sources import SOURCES
from jointaware.report.claimed import Asked, Claimed, signed
from jointaware.report.studies import Study

PAPER_CHANNELS = 2048
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
AGAINST = {
    "more_frames": "an equally wide network that sees as many frames",
    "clips": "the same training without losses",
    "wide": "an equally wide network",
    "baseline": "VideoPose3D",
}
"""The controls in words, by role."""


def verdict(study: Study, claimed: Claimed) -> list[str]:
    """What was tested on whom; what holds of the paper's claims; and how much of it the losses do."""
    return [tested(study), *held(claimed), *caused(study)]


def tested(study: Study) -> str:
    """What was tested, and on whom."""
    return (
        "VideoPose3D and the paper's joint-aware training, whose weights are ours because the paper gives none, were "
        f"compared on real motion: {extent(study)}."
    )


def extent(study: Study) -> str:
    """Takes, people, source, width, epochs and seeds of a study."""
    ours = study.with_role("ours")
    settings, sample = study.settings(ours or study.scored[0]), study.sample()
    channels = [study.settings(name)["channels"] for name in ([ours] if ours else study.scored)]
    width = " to ".join(f"{count:,}" for count in sorted({min(channels), max(channels)}))
    source = SOURCES[study.source].words if study.source in SOURCES else study.source
    return (
        f"{_count(sample.takes, 'take')} of {_count(len(sample.subjects), 'person', 'people')} from {source} "
        f"({study.split}), with {width} channels where the paper has {PAPER_CHANNELS:,}, "
        f"{_count(settings['epochs'], 'epoch')} and {_count(sample.seeds[0], 'seed')}"
    )


def held(claimed: Claimed) -> list[str]:
    """The verdicts on the claims of the paper's abstract, then those of the same claims about other errors."""
    abstract = claimed.abstract
    if not abstract:
        return ["None of the paper's claims can be tested by it."]
    beside = [each for each in claimed.own if each not in abstract]
    sources = {each.claim.source.rpartition(", ")[2] for each in beside}
    text = f"Of the paper's own {_count(len(abstract), 'claim')}, in its abstract, {_sorted(abstract)}"
    if beside:
        text += f"; of {_count(len(beside), 'more', 'more')} in {_and(sorted(sources))} {_sorted(beside)}"
    return [f"{text}."]


def _sorted(claims: Sequence[Asked]) -> str:
    """Claims by verdict: `two hold (...), one is contradicted (...)`."""
    parts = []
    for name in VERDICTS:
        if those := [each for each in claims if each.verdict == name]:
            one = len(those) == 1
            says = ("holds" if one else "hold") if name == HOLDS else f"{'is' if one else 'are'} {name}"
            parts.append(f"{_word(len(those))} {says} ({'; '.join(map(_briefly, those))})")
    return ", ".join(parts)


def caused(study: Study) -> list[str]:
    """The effect of the losses against the fairest control, as printed, of the best one alone, and of a filter."""
    ours, control = study.with_role("ours"), study.control
    if not ours or not control:
        return []
    role = study.settings(control)["role"]
    parts = [f"Against {AGAINST[role]} the losses change {listed(study.change(Motion(ours), Motion(control)))}"]
    if printed := study.with_role("as_printed"):
        theirs = listed(study.change(Motion(printed), Motion(control)))
        parts.append(f"the terms of its equation 1 as printed, beside the position error, {theirs}")
    single = [name for name in study.scored if name != ours and len(study.settings(name).get("losses") or {}) == 1]
    if single:
        velocity = next(name for name, metric in METRICS.items() if metric.order == 1)
        changes = {name: study.change(Motion(name), Motion(control)) for name in single}
        best = min(changes, key=lambda name: changes[name][velocity].percent)
        [term] = study.settings(best)["losses"]
        parts.append(f"the {term.replace('_', ' ')} loss alone {listed(changes[best])}")
    variant = next(iter(FILTERS))
    filtered = study.change(Motion(control, variant), Motion(control))
    moved = {metric: change for metric, change in filtered.items() if is_sure(change) and abs(change.percent) >= 0.05}
    if moved:
        parts.append(f"{FILTERS[variant].words}, without any loss, {listed(moved)}")
    return ["; ".join(parts) + "."]


def listed(changes: Mapping[str, Change]) -> str:
    """Changes of errors: `change MPJVE by -6.4 %, and not surely MPJPE (+0.1 %)`."""
    sure = [f"{METRICS[name].name} by {signed(change.percent)}" for name, change in changes.items() if is_sure(change)]
    open_ = [
        f"{METRICS[name].name} ({signed(change.percent)})" for name, change in changes.items() if not is_sure(change)
    ]
    return ", and ".join(filter(None, [_and(sure), f"not surely {_and(open_)}" if open_ else ""]))


def is_sure(change: Change) -> bool:
    """Whether the interval leaves out zero."""
    return change.low > 0 or change.high < 0


def _briefly(each: Asked) -> str:
    """`MPJVE -16.3 %, claimed -7 %`."""
    return f"{each.about} {each.found}, claimed {each.asked}"


def _and(words: Iterable[str]) -> str:
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _word(count: int) -> str:
    return WORDS[count] if count < len(WORDS) else str(count)


def _count(count: int, one: str, many: str = "") -> str:
    return f"{_word(count)} {one if count == 1 else many or one + 's'}"

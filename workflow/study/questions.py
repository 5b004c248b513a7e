"""What a study answers beyond the paper's claims: each question in sentences with intervals, a figure and a table.

All three are made from a table of changes, `COLUMNS`, which is kept beside the figure. A question that a study does not
ask has an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from jointaware.analysis.comparison import percent_cell
from jointaware.analysis.figures.comparison import draw_changes
from jointaware.analysis.figures.style import drawing
from jointaware.analysis.intervals import Change, Motion
from jointaware.analysis.tables import full_name
from jointaware.analysis.typesetting import markdown_table
from jointaware.artifacts.files import write_table
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Experiment
from workflow.study.carried import CARRIES, NOT, NOTHING, OPEN, judge_carried
from workflow.study.kept import Study, every_error, frames_seen

COLUMNS = ["group", "row", "metric", "percent", "low", "high"]


class Question(NamedTuple):
    """A question to a study.

    compared_with: the key of studies.yaml that names the studies which this one is compared with, or adds to. changes:
    from the study and those to the table of changes. answer: from that table to sentences.
    """

    asks: str
    caption: str
    compared_with: str
    changes: Callable[[Study, Sequence[Study]], pd.DataFrame]
    answer: Callable[[pd.DataFrame], list[str]]


def smoother(study: Study, _others: Sequence[Study]) -> pd.DataFrame:
    """Our losses, a learned smoother, and both, against the fairest control as it is and with the smoother."""
    ours, control = study.with_role("ours"), study.control
    if not (ours and control):
        return _table([])
    motions = {
        "the losses": Motion(ours),
        "a learned smoother": Motion(control, "learned"),
        "both": Motion(ours, "learned"),
    }
    references = {f"against {control}": Motion(control), "against it with the smoother": Motion(control, "learned")}
    return _table(
        (group, row, metric, *study.bootstrap.change(motion, reference, metric))
        for group, reference in references.items()
        for row, motion in motions.items()
        for metric in METRICS
        if motion != reference
    )


def answer_smoother(changes: pd.DataFrame) -> list[str]:
    """What each does alone, and what is left of the losses where the smoother runs anyway."""
    alone, smoothed = changes["group"].unique()
    return [
        f"{_capital(alone)}, the losses change {_errors(changes, alone, 'the losses')}; a learned smoother, without "
        f"losses, changes {_errors(changes, alone, 'a learned smoother')}.",
        f"{_capital(smoothed)}, the losses without it change {_errors(changes, smoothed, 'the losses')}.",
        f"With the smoother on both, the losses {_surely(changes, smoothed, 'both')}.",
    ]


def carried(study: Study, chosen_for: Sequence[Study]) -> pd.DataFrame:
    """What each set of losses changes in the network that it was chosen for, and in that of this study."""
    if not chosen_for:
        return _table([])
    [first] = chosen_for
    both = [
        name
        for name in study.effects
        if name in first.effects and len({_losses(each.finished.experiments[name]) for each in (first, study)}) == 1
    ]
    return _table(
        (name, _network(each, name), metric, *each.bootstrap.change(Motion(name), Motion(each.effects[name]), metric))
        for name in both
        for each in (first, study)
        for metric in METRICS
    )


def answer_carried(changes: pd.DataFrame) -> list[str]:
    """For each set of losses the words of `judge_carried`, with the changes that they follow from."""
    first, second = changes["row"].unique()
    lines = []
    for name in changes["group"].unique():
        found: dict[str, list[str]] = {word: [] for word in (CARRIES, NOT, OPEN, NOTHING)}
        for metric, each in METRICS.items():
            before, after = (_change(changes, name, row, metric) for row in (first, second))
            word = judge_carried(before, after)
            numbers = f" ({percent_cell(before)}, then {percent_cell(after)})" if word != NOTHING else ""
            found[word].append(each.name + numbers)
        words = (f"{word} in {', '.join(errors)}" for word, errors in found.items() if errors)
        lines.append(f"- `{name}`: {'; '.join(words)}.")
    return [
        f"An error that the losses surely lower in the network that they were chosen for ({first}) carries over where "
        f"they surely lower it in the other ({second}), too. Its change in the one, then in the other:",
        "\n".join(lines),
    ]


def sizes(study: Study, continued: Sequence[Study]) -> pd.DataFrame:
    """What the losses change, by receptive field and channels; empty where all networks have one size.

    continued: studies whose sizes this one adds to.
    """
    pairs = [(each.finished.experiments[name], each, name) for each in (*continued, study) for name in each.effects]
    networks = [network for network, _, _ in pairs]
    if len(set(map(_losses, networks))) != 1 or len({_size(each)[:2] for each in networks}) < 2:
        return _table([])
    return _table(
        (
            f"{_size(each)[0]} frames",
            f"{each.channels} channels" + ("" if each.precision == "float32" else f", {each.precision}"),
            metric,
            *of.bootstrap.change(Motion(name), Motion(of.effects[name]), metric),
        )
        for each, of, name in sorted(pairs, key=lambda pair: _size(pair[0]))
        for metric in METRICS
    )


def answer_sizes(changes: pd.DataFrame) -> list[str]:
    """In how many networks an error surely falls or rises; then the ends of width at the ends of receptive field."""
    in_float32 = changes[~changes["row"].str.contains(",")]
    frames = in_float32["group"].unique()
    corners = dict.fromkeys(
        (row, group)
        for group in (frames[0], frames[-1])
        for row in in_float32.loc[in_float32["group"] == group, "row"].iloc[[0, -1]]
    )
    total = len(changes) // len(METRICS)
    lower, higher = (
        ", ".join(
            f"{METRICS[metric].name} ({count} of {total})"
            for metric, count in sure.groupby(sure, sort=False).size().items()
        )
        for sure in (changes.loc[changes["high"] < 0, "metric"], changes.loc[changes["low"] > 0, "metric"])
    )
    return [
        f"In {total} networks of different sizes, the losses surely lower {lower or 'no error'}, and surely raise "
        f"{higher or 'no error'}.",
        *(f"With {row} and {group} the losses change {_errors(changes, group, row)}." for row, group in corners),
    ]


QUESTIONS = {
    "smoother": Question(
        "Does a learned smoother make the losses needless?",
        "Losses, a learned smoother, and both",
        "",
        smoother,
        answer_smoother,
    ),
    "carried": Question(
        "Do the losses carry over?",
        "The losses in the network that they were chosen for, and here",
        "losses_chosen_for",
        carried,
        answer_carried,
    ),
    "sizes": Question(
        "What happens towards the paper's size?",
        "The losses, by receptive field and channels",
        "continues",
        sizes,
        answer_sizes,
    ),
}


COMPARED_WITH = {"losses_chosen_for": str, "continues": list}
"""Keys of studies.yaml that name other studies: one, or a list."""


def keep_answers(study: Study, compared: Mapping[str, Sequence[Study]]) -> None:
    """Write table and figure of every question that the study asks into its folder, and remove those of all others.

    compared: other studies, by COMPARED_WITH.
    """
    for name, question in QUESTIONS.items():
        changes = question.changes(study, compared.get(question.compared_with, ()))
        path = study.folder / f"figures/{name}.csv"
        if changes.empty:
            path.unlink(missing_ok=True)
            path.with_suffix(".svg").unlink(missing_ok=True)
        else:
            write_table(path, changes)
            with drawing(path.with_suffix(".svg")):
                draw_changes(path)


def answers(folders: Sequence[Path]) -> list[str]:
    """The paragraphs of a study's page, from what `keep_answers` wrote: each question by the first study that asks it.

    folders: of the study itself, then of studies beside it.
    """
    paragraphs = []
    for name, question in QUESTIONS.items():
        folder = next((each for each in folders if (each / f"figures/{name}.csv").is_file()), None)
        if folder:
            path = folder / f"figures/{name}.csv"
            changes = pd.read_csv(path, dtype={"group": str, "row": str}, keep_default_na=False, na_values=[""])
            beside = "" if folder == folders[0] else f"../{folder.name}/"
            paragraphs.append(f"## {question.asks}")
            paragraphs += [f"Asked by the study [{folder.name}]({beside}README.md)."] if beside else []
            paragraphs += question.answer(changes)
            paragraphs += [f"![{question.caption}: change of each error, 95 % intervals]({beside}figures/{name}.svg)"]
            paragraphs.append(_markdown(changes))
    return paragraphs


def _table(rows: Iterable[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=COLUMNS)


def _markdown(changes: pd.DataFrame) -> str:
    cells = [
        [group, row, *map(percent_cell, rows.set_index("metric").loc[list(METRICS)].itertuples())]
        for (group, row), rows in changes.groupby(["group", "row"], sort=False)
    ]
    return markdown_table(["", "", *map(full_name, METRICS)], cells, text_columns=2)


def _change(changes: pd.DataFrame, group: object, row: object, metric: str) -> Change:
    found = changes[(changes["group"] == group) & (changes["row"] == row) & (changes["metric"] == metric)].iloc[0]
    return Change(found["percent"], found["low"], found["high"])


def _errors(changes: pd.DataFrame, group: object, row: object) -> str:
    return every_error(lambda metric: _change(changes, group, row, metric))


def _surely(changes: pd.DataFrame, group: object, row: object) -> str:
    """`surely lower MPJAE -0.5 % [-0.9, -0.1], surely raise none, and leave open MPJPE ...`."""
    found: dict[str, list[str]] = {"lower": [], "raise": [], "open": []}
    for metric, each in METRICS.items():
        change = _change(changes, group, row, metric)
        word = "lower" if change.high < 0 else "raise" if change.low > 0 else "open"
        found[word].append(f"{each.name} {percent_cell(change)}")
    lower, higher, undecided = (", ".join(errors) for errors in found.values())
    words = f"surely lower {lower or 'no error'}, surely raise {higher or 'none'}"
    return f"{words}, and leave open {undecided}" if undecided else words


def _losses(experiment: Experiment) -> tuple[object, ...]:
    return (experiment.distance, *sorted(experiment.losses.items()))


def _network(study: Study, experiment: str) -> str:
    return f"{study.finished.experiments[experiment].network.name.replace('_', ' ')}, {study.name}"


def _size(experiment: Experiment) -> tuple[int, int, bool]:
    """Frames that the network sees, its channels, and whether it trains in another precision than float32."""
    return frames_seen(experiment), experiment.channels, experiment.precision != "float32"


def _capital(words: str) -> str:
    return words[0].upper() + words[1:]

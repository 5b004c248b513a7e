"""The page of a study: what holds, for whom, how surely; then the claims, the tables, and the history.

Every number is read from the files of the study.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from jointaware.analysis.figures.table import FIGURES
from jointaware.analysis.intervals import Motion
from jointaware.analysis.typesetting import markdown_table
from jointaware.analysis.verdicts import MEANINGS, NOT_TESTABLE, VERDICTS
from jointaware.artifacts.predictions import FILTERS
from workflow.study.introduction import introduction
from workflow.study.kept import Study
from workflow.study.questions import answers

TITLES = {
    "differences": "Effect of the losses",
    "ablation": "Each term alone, and left out",
    "comparison": "Errors and physical plausibility",
}
"""Tables of the page, each shown below its figure, and their headings."""
NO_CONTROL = "No experiment here is the control of all others; each against every one without losses is in"
FREE = "smoothed"
"""The filter that costs nothing."""
PAPER = "arXiv"
"""What the source of a claim of the paper begins with."""


def page(study: Study, continued: Sequence[str], others: Sequence[Path]) -> str:
    """README of the study.

    continued: names of studies whose networks its comparison of sizes includes. others: folders of those beside it, for
    the questions that it does not ask.
    """
    paragraphs = [f"# The study `{study.name}`", summary(study), *introduction(study)]
    if continued:
        links = ", ".join(f"[{name}](../{name}/README.md)" for name in continued)
        paragraphs.append(f"It continues {links}: the comparison of network sizes below includes those networks, too.")
    paragraphs += answers([study.folder, *others])
    sample = next(iter(study.claims["sample"].mode()), "")
    paragraphs += [f"Where nothing else is said, intervals below are over {sample}."] if sample else []
    is_about_claims = (study.claims["verdict"] != NOT_TESTABLE).any()
    for verdict in VERDICTS if is_about_claims else ():
        rows = study.claims[study.claims["verdict"] == verdict]
        if len(rows):
            lines = [f"- {row.says} ({row.source}). {_without(row.why, sample)}." for row in rows.itertuples()]
            paragraphs += [
                f"## {verdict.capitalize()}",
                f"{MEANINGS[verdict][0].upper()}{MEANINGS[verdict][1:]}.",
                "\n".join(lines),
            ]
    paragraphs += beside_a_filter(study)
    for table, title in TITLES.items():
        path = study.folder / f"tables/{table}.md"
        if table == "differences" and not study.control:
            paragraphs += [f"## {title}", f"{NO_CONTROL} [tables/{table}.md](tables/{table}.md)."]
        elif path.is_file():
            text = path.read_text(encoding="utf-8")
            paragraphs += [f"## {title}", f"![{FIGURES[table].caption}](figures/{table}.svg)", text]
    return "\n\n".join(each.strip() for each in [*paragraphs, *history(study.about.history)]) + "\n"


def _without(why: str, sample: str) -> str:
    return why.removesuffix(f" over {sample}") if sample else why


def summary(study: Study) -> str:
    """What holds, what a filter does for nothing, for whom, and how surely: five sentences."""
    tested = study.claims[study.claims["verdict"] != NOT_TESTABLE]
    of_paper = tested["source"].str.startswith(PAPER)
    ours, control, printed = study.with_role("ours"), study.control, study.with_role("as_printed")
    papers = f"Of the paper's {of_paper.sum()} claims that this motion can test: {counts_of(tested[of_paper])}"
    if not of_paper.any():
        papers = "No claim of the paper itself is tested here"
    ours_of_them = f"of our {(~of_paper).sum()} about them: {counts_of(tested[~of_paper])}"
    nothing = "No claim is tested here: this study asks something else."
    sentences = [nothing if tested.empty else f"{papers}; {ours_of_them}."]
    if ours and control:
        words = f"Against `{control}`, the fairest control here, {{}} changes {{}}."
        sentences.append(words.format(f"our recipe, `{ours}`,", study.changes(Motion(ours), Motion(control))))
        if printed:
            words = words.replace("the fairest control here", "the same control")
            changes = study.changes(Motion(printed), Motion(control))
            sentences.append(words.format(f"the terms of equation 1 as printed, `{printed}`,", changes))
        filtered = Motion(control, FREE)
        sentences.append(
            f"For nothing, {FILTERS[FREE].words} changes {study.changes(filtered, Motion(control))}; against that, our "
            f"recipe without it changes {study.changes(Motion(ours), filtered)}."
        )
    if sample := study.sample():
        sentences.append(f"The intervals are of {sample}; they say nothing about people unlike these.")
    return "\n".join(f"- {sentence}" for sentence in sentences)


def counts_of(claims: pd.DataFrame) -> str:
    """`2 holds, 3 open`."""
    found = claims["verdict"].value_counts()
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in VERDICTS if verdict in found) or "none"


def beside_a_filter(study: Study) -> list[str]:
    """Effect of clips, of losses, and of filters."""
    wide, clips, ours, more = (study.with_role(role) for role in ("wide", "clips", "ours", "more_frames"))
    if not (wide and clips and ours):
        return []
    return [
        "## Clips, losses, and a filter",
        "Joint-aware training changes three things: a step sees more frames, it sees them as clips, and it has losses. "
        f"Clips, with no loss but their position error, change {study.changes(Motion(clips), Motion(wide))}"
        + (f"; as many single frames, {study.changes(Motion(more), Motion(wide))}" if more else "")
        + f". Adding the losses to the clips changes {study.changes(Motion(ours), Motion(clips))}, and all together "
        f"{study.changes(Motion(ours), Motion(wide))}.",
        f"A Savitzky-Golay filter on the predictions of `{wide}` changes "
        f"{study.changes(Motion(wide, 'smoothed'), Motion(wide))}: it removes jitter, and leaves the errors of motion "
        "that come from wrong poses. With the same filter on both, joint-aware training changes "
        f"{study.changes(Motion(ours, 'smoothed'), Motion(wide, 'smoothed'))}.",
        "A learned smoother, trained on what each network predicts of the people that it was trained on, changes "
        f"{study.changes(Motion(wide, 'learned'), Motion(wide))}. With one on both, joint-aware training changes "
        f"{study.changes(Motion(ours, 'learned'), Motion(wide, 'learned'))}, and adding the losses alone "
        f"{study.changes(Motion(ours, 'learned'), Motion(clips, 'learned'))}.",
    ]


def history(rows: list[dict[str, str]]) -> list[str]:
    """The studies before this one, as a table."""
    if not rows:
        return []
    cells = [[*map(str, row.values())] for row in rows]
    return ["## Earlier studies", markdown_table([*rows[0]], cells, text_columns=len(rows[0]))]

"""Choose the recipe: the experiment of a study that a fixed rule prefers.

The rule, written before the runs: of the experiments with loss terms, those are admitted whose MPJPE and P-MPJPE exceed
those of the control with as many frames (role more_frames) by no more than half of a percent; of these the one with the
lowest MPJAE is chosen. If none is admitted, the one whose larger excess is smallest. Numbers are means over actions and
seeds, of the people that the networks have not seen. An experiment that logs gradient shares is a measurement, and no
candidate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from jointaware.analysis.intervals import Bootstrap, Motion
from jointaware.artifacts.files import read_yaml
from jointaware.artifacts.metrics import METRICS
from jointaware.errors import InputError
from jointaware.report.studies import read_scores
from stages.command import parser, run
from workflow.study.kept import SCORES

MARGIN = 0.5
"""Percent."""
POSITION = ("mpjpe_mm", "p_mpjpe_mm")
ACCELERATION = "mpjae_mm_per_frame2"


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    command = parser(__doc__)
    command.add_argument("study", type=Path, help="folder of a study, with its params.yaml and by_sequence.csv")
    study = command.parse_args(argv).study
    candidates, control = read_candidates(study / "params.yaml")
    changes = compare(Bootstrap.of(read_scores(study / SCORES)), candidates, control)
    print(f"against {control}, in percent; the last row is {control} after the filter")
    print(changes.rename(columns={name: metric.name for name, metric in METRICS.items()}).round(2).to_string())
    print(f"chosen: {choose(changes.drop(index=control))}")


def read_candidates(path: Path) -> tuple[list[str], str]:
    """The candidates of a study's parameters, and the control: by name alone, because its other keys may be of old."""
    content: Any = read_yaml(path)
    try:
        roles = {name: each.get("role") for name, each in content["experiments"].items()}
        candidates = [
            name
            for name, each in content["experiments"].items()
            if each.get("losses") and not each.get("gradient_shares")
        ]
        return candidates, next(name for name, role in roles.items() if role == "more_frames")
    except (KeyError, TypeError, AttributeError, StopIteration) as error:
        raise InputError(f"{path}: found no experiment with the role more_frames, expected one") from error


def compare(bootstrap: Bootstrap, candidates: Sequence[str], control: str) -> pd.DataFrame:
    """Change of each error against the control in percent, a row for each candidate, and the smoothed control."""
    motions = [Motion(name) for name in candidates]
    rows = {
        motion.experiment: {metric: bootstrap.change(motion, Motion(control), metric).percent for metric in METRICS}
        for motion in [*motions, Motion(control, "smoothed")]
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def choose(changes: pd.DataFrame) -> str:
    """The candidate that the rule prefers, of a row for each."""
    excess = changes[list(POSITION)].max(axis=1)
    is_admitted = excess <= MARGIN
    return str(changes.loc[is_admitted, ACCELERATION].idxmin() if is_admitted.any() else excess.idxmin())


if __name__ == "__main__":
    run(main)

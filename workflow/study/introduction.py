"""What a study was made of: people, motion, detector, experiments, machines, and what had been seen before it."""

from __future__ import annotations

from jointaware.analysis.typesetting import markdown_table
from jointaware.artifacts.experiments import ROLES, SHARED_ROLES
from jointaware.artifacts.files import read_text_table
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import Detector, Experiment
from workflow.study.kept import RUNS, Study, frames_seen

STAND_FOR = "For the 1024 and 2048 channels of the paper, of which claims speak, stand those of the table."


def introduction(study: Study) -> list[str]:
    """The paragraphs between what the study found and the details."""
    parameters = study.finished
    has_runs = (study.folder / RUNS).is_file()
    runs = "[runs.csv](runs.csv) has the digest of every network, and where it was trained"
    digests = runs if has_runs else "[dvc.lock](dvc.lock) has the digest of every file in between"
    unfinished = [f"`{name}`" for name in study.parameters.experiments if name not in parameters.experiments]
    return [
        f"{study.about.looked_at} {study.about.chosen_on}",
        "Written by `python -m workflow.study` from the files beside this page: [params.yaml](params.yaml) and the "
        f"code of commit {study.commits} made them, {digests}, and "
        "[by_sequence.csv](by_sequence.csv) the scores from which every interval can be computed again.",
        f"Motion from `{parameters.data.source}`: {parameters.split}; {parameters.train.epochs} epochs, seeds "
        f"{', '.join(map(str, parameters.seeds))}." + (f" {STAND_FOR}" if parameters.with_role("baseline") else ""),
        *([_detector(parameters.preprocess.detector)] if parameters.data.source != "h36m" else []),
        "; ".join(f"{each.name}: {each.words}" for each in METRICS.values()) + ". Lower is better.",
        table_of_experiments(parameters.experiments),
        *(_machines(study) if has_runs else []),
        *([f"Not finished, and missing below: {', '.join(unfinished)}."] if unfinished else []),
    ]


def _detector(detector: Detector) -> str:
    return (
        f"Keypoints are those of a simulated detector: errors of {detector.std_pixels:g} pixels (standard deviation of "
        f"each axis), correlated over {detector.correlation_frames:g} frames (docs/motion.md says why)."
    )


def table_of_experiments(experiments: dict[str, Experiment]) -> str:
    """What each was trained on and with which losses, and what it is for."""
    rows = [
        [
            f"`{name}`",
            f"{each.channels}",
            f"{each.network.name.replace('_', ' ')}, {frames_seen(each)} frames",
            f"{each.batch_size + (0 if each.clips else each.extra_frames)}"
            + (f" in clips of {each.network.output_frames}" if each.network.output_frames > 1 else ""),
            f"{each.clips} of {each.clip_frames} frames" if each.clips else "",
            ", ".join(f"{term.replace('_', ' ')} {weight:g}" for term, weight in each.losses.items() if weight)
            + (f", {each.distance}" if each.losses else ""),
            "" if each.role in SHARED_ROLES else ROLES[each.role],
        ]
        for name, each in experiments.items()
    ]
    head = ["experiment", "channels", "network", "frames a step", "and clips", "losses besides position", "role"]
    return markdown_table(head, rows, text_columns=len(head))


def _machines(study: Study) -> list[str]:
    """Where the runs were trained, if not all on one kind of machine."""
    table = read_text_table(study.folder / RUNS)
    groups = table.groupby(["device", "torch"], sort=False)["experiment"].unique()
    if len(groups) < 2:
        return []
    parts = [f"{device} with PyTorch {torch}: {', '.join(names)}" for (device, torch), names in groups.items()]
    return [f"Trained on different machines, which is one more difference between them: {'; '.join(parts)}."]

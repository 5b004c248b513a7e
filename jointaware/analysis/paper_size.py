"""Whether results are at the paper's size, which the word "reproduced" is kept for."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from jointaware.analysis.tables import are_published
from jointaware.artifacts.files import read_text_table
from jointaware.artifacts.parameters import Experiment, Parameters
from jointaware.foreign import refusing
from jointaware.mocap.sources import SOURCES

EPOCHS = 80
"""Of the release's README; the paper's text says 85."""
TRAINING, TEST = {"S1", "S5", "S6", "S7", "S8"}, {"S9", "S11"}
JUDGED = ("baseline", "wide", "as_printed", "ours")
"""Roles of the experiments that the paper's claims are about."""


def is_paper_size(parameters: Parameters, actions: Iterable[str], paper: Path) -> bool:
    """Whether all of Human3.6M was learnt by networks of the paper's size: Table 3, and half the channels in baseline.

    actions: of the test sequences. paper: folder of the published tables.
    """
    if not (SOURCES[parameters.data.source].is_published and are_published(actions)):
        return False
    settings, split = parameters.preprocess, parameters.split
    if (settings.subset, settings.downsample, set(split.train or ()), set(split.tested)) != (1, 1, TRAINING, TEST):
        return False
    path = paper / "table_03.csv"
    judged = [each for each in parameters.experiments.values() if each.role in JUDGED and each.checkpoint is None]
    with refusing(path, "the paper's settings as they are in git"):
        table = read_text_table(path).set_index("row")["value"]
        return bool(judged) and all(_has_size(each, table) for each in judged)


def _has_size(experiment: Experiment, table: pd.Series) -> bool:
    channels = int(table["channels"]) // (2 if experiment.role == "baseline" else 1)
    widths = [int(width) for width in table["filter widths"].split(",")]
    return (
        experiment.channels == channels
        and list(getattr(experiment.network, "filter_widths", ())) == widths
        and experiment.batch_size >= int(table["batch size"])
        and experiment.epochs >= EPOCHS
    )

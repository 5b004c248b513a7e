"""The benchmark of the transformer, small, with a stand-in for MotionBERT."""

from pathlib import Path

import pandas as pd
import pytest

from bench import transformer
from bench._experiment import paper_experiment, transformer_experiment
from bench._motionbert import MotionBERT
from jointaware.artifacts.networks import SpatiotemporalTransformer


class Idle:
    """A stand-in for MotionBERT that does nothing."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone

    def trainer(self, *_: object) -> None: ...

    def step(self, *_: object) -> list[float]:
        return [0.0] * 1000


def test_every_figure_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(transformer, "MotionBERT", Idle)
    monkeypatch.setattr(transformer, "SIZES", ((8, 1, 9),))
    out = tmp_path / "transformer.csv"
    small = f"--motionbert {tmp_path} --repetitions 2 --frames 18 --seconds 0.01 --out {out}"
    transformer.main(small.split())
    table = pd.read_csv(out, index_col="what")
    assert list(table.index) == [
        f"{what}, 8 channels, depth 1, clips of 9 frames, cpu"
        for what in (
            "training on the position error",
            "training on all losses of each project",
            "our joint-aware training relative to plain",
        )
    ]
    assert (table["ours"] > 0).all()
    assert (table["repetitions"] == 2).all()


def test_the_experiment_has_the_losses_of_the_papers_profile_and_a_batch_of_whole_clips():
    network = SpatiotemporalTransformer(name="spatiotemporal_transformer", depth=1, heads=1, mlp_ratio=2, frames=27)
    experiment = transformer_experiment("ours", network, channels=8, clips=3)
    assert experiment.losses == paper_experiment("ours", filter_widths=[3], channels=8, batch_size=2).losses
    assert (experiment.batch_size, experiment.clips, experiment.dropout) == (81, 0, 0.0)


def test_a_path_without_motionbert_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"--motionbert: found no .*lib/model/DSTformer\.py, expected a clone"):
        MotionBERT(tmp_path)

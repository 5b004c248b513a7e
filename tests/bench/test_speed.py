"""The benchmarks of training and evaluation, small, with a stand-in for VideoPose3D."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from bench import gpu, speed
from bench._table import comparison
from bench._videopose3d import VideoPose3D

FIGURES = [
    "training, network alone, float32, 16 channels, 243 frames",
    "training, whole epochs with data, float32, 2 channels, 27 frames",
    "batches, receptive field of 27 frames",
    "batches, receptive field of 243 frames",
    "evaluation, 2 channels, 243 frames",
    "network in evaluation relative to its matrix products, 2 channels, 243 frames",
    "P-MPJPE",
    "joint-aware training relative to plain, float32, 2 channels, 27 frames",
    "joint-aware training relative to plain, float32, 16 channels, 243 frames",
]


class Idle:
    """A stand-in for VideoPose3D that does nothing."""

    loss = SimpleNamespace(p_mpjpe=lambda *_: 0.0)

    def __init__(self, clone: Path) -> None:
        self.clone = clone

    def trainer(self, *_: object) -> None: ...

    def step(self, *_: object) -> float:
        return 0.0

    def evaluated(self, *_: object) -> None: ...

    def evaluate(self, *_: object, pad: int) -> None: ...

    def generator(self, *_: object, pad: int) -> SimpleNamespace:
        batch = (None, np.zeros((2, 1, 17, 3)), np.zeros((2, 2 * pad + 1, 17, 2)))
        return SimpleNamespace(next_epoch=lambda: iter([batch]))


def test_every_figure_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(speed, "VideoPose3D", Idle)
    monkeypatch.setattr(speed, "choose_precision", lambda *_: "float32")
    out = tmp_path / "speed.csv"
    small = f"--videopose3d {tmp_path} --repetitions 2 --frames 9 --divide 64 --out {out}"
    speed.main(small.split())
    table = pd.read_csv(out, index_col="what")
    assert list(table.index) == FIGURES
    assert (table["ours"] > 0).all()
    assert (table["repetitions"] == 2).all()


def test_the_ratio_is_the_median_over_pairs_not_the_ratio_of_medians():
    row = comparison("what", [10.0, 40.0, 90.0], [10.0, 20.0, 30.0], "frames/second")
    assert (row["ratio"], row["least"], row["most"]) == (2, 1, 3)
    assert (row["ours"], row["peer"]) == (40, 20)


def test_a_path_without_videopose3d_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"--videopose3d: found no .*common/model\.py, expected a clone"):
        VideoPose3D(tmp_path)


def test_the_gpu_benchmark_runs_on_a_cpu(tmp_path, monkeypatch):
    monkeypatch.setattr(gpu, "choose_precision", lambda *_: "float32")
    out = tmp_path / "gpu.csv"
    small = f"--device cpu --frames 600 --channels 8 --batch 32 --seconds 0.05 --out {out}"
    gpu.main(small.split())
    table = pd.read_csv(out)
    assert table["what"].str.contains("joint-aware").any()
    rates, seconds = (table[table["unit"] == unit]["median"].to_numpy() for unit in ("frames/second", "seconds"))
    assert seconds == pytest.approx(1200 / rates, rel=1e-2)
    assert table["what"].is_unique
    assert torch.get_float32_matmul_precision() == "highest"


def test_the_bound_counts_three_products_per_weight_and_frame():
    first = 81 * 6 * 17 * 8 * 2  # the input needs no gradient
    blocks = sum((27, 9, 3, 1)) * (3 * 8 + 8) * 8 * 3
    expected = 2 * (first + blocks + 8 * 51 * 3)
    assert gpu.bound(5, 8)["operations"] == 10 * expected

"""The benchmark of the last stage, small: it runs, on as many runs as it says."""

import pandas as pd
import pytest

from bench import aggregate


@pytest.mark.slow
def test_every_row_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(aggregate, "DEMO_TEST_FRAMES", 600)
    out, folder = tmp_path / "aggregate.csv", tmp_path / "large"
    small = ["--frames", "4200", "--experiments", "5", "--seeds", "1", "--repetitions", "1"]
    aggregate.main([*small, "--folder", str(folder), "--out", str(out)])
    table = pd.read_csv(out, index_col="what")
    assert (table["median"] > 0).all()
    assert [what.split(", ")[1] for what in table.index] == ["6 runs"] * 3 + ["5 runs"] * 3
    metrics = pd.read_json(folder / "results/metrics.json", orient="index")
    assert list(metrics.index) == ["baseline", "wide", "more_frames", "wide_clips", "joint_aware"]
    assert metrics["mpjpe_mm"].is_unique

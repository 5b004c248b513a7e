"""The benchmark of Human3.6M's size, small: it runs, and its data has the shape it says."""

import pandas as pd
import pytest

from bench import human36m
from jointaware.artifacts.sequences import open_sequences


@pytest.mark.slow
def test_every_row_is_measured_on_as_many_frames_as_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(human36m, "PARTS", (4, 1))
    out, folder = tmp_path / "human36m.csv", tmp_path / "data"
    small = ["--frames", "21000", "--repetitions", "1", "--batches", "2", "--out", str(out), "--folder", str(folder)]
    human36m.main(small)
    table = pd.read_csv(out, index_col="what")
    assert (table["median"] > 0).all()
    for frames in (5250, 21000):
        assert f"preprocess, {frames} frames" in table.index
    assert "evaluate, 5432 frames" in table.index
    for words in ("preprocess", "arrays that preprocess writes", "millions"):
        assert words in out.with_suffix(".svg").read_text()

    sequences = open_sequences(folder / "data/sequences.safetensors").table
    assert sequences["frames"].sum() == 21000
    published_share = 543_344 / 100
    assert sequences[sequences["split"] == "test"]["frames"].sum() == pytest.approx(published_share, abs=4)

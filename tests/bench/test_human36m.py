"""The benchmark of Human3.6M's size, small: it runs, and its data has the shape it says."""

import pandas as pd
import pytest

from bench import human36m
from jointaware.artifacts.sequences import open_sequences


@pytest.mark.slow
def test_every_row_is_measured(tmp_path):
    out = tmp_path / "human36m.csv"
    small = ["--frames", "21000", "--repetitions", "1", "--batches", "2", "--out", str(out)]
    human36m.main(small)
    table = pd.read_csv(out, index_col="what")
    assert (table["median"] > 0).all()
    for frames in (1050, 5250, 21000):
        assert f"preprocess, {frames} frames" in table.index
    assert "evaluate, 5432 frames" in table.index
    for words in ("preprocess", "arrays that preprocess writes", "millions"):
        assert words in out.with_suffix(".svg").read_text()


def test_the_data_has_as_many_frames_as_asked_for_and_the_published_share_of_test_frames(tmp_path):
    human36m.lay_out(tmp_path, 21000)
    human36m.measure_preprocess(tmp_path, 21000, 1)
    table = open_sequences(tmp_path / "data/sequences.safetensors").table
    assert table["frames"].sum() == 21000
    assert table[table["split"] == "test"]["frames"].sum() == pytest.approx(543_344 / 100, abs=4)

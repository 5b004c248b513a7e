"""The benchmark of lifting a video, small."""

import pandas as pd

from bench import video


def test_the_command_and_the_stream_are_measured(tmp_path):
    out = tmp_path / "video.csv"
    video.main(f"--repetitions 1 --frames 300 --channels 4 --out {out}".split())
    table = pd.read_csv(out, keep_default_na=False)
    assert list(table["what"]) == [
        "jointaware lift, 300 frames",
        "largest process of it, 300 frames",
        "jointaware lift, 10 frames",
        "a frame of a stream, alone, 4 channels",
        "a frame of a stream, with the mirror image, 4 channels",
    ]
    assert (table["median"] > 0).all()

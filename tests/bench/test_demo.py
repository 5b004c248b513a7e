"""The benchmark of the demo writes what README quotes, in the order in which it does."""

import subprocess
import sys

import pandas as pd

from bench import demo


def test_every_row_is_written(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    monkeypatch.setattr(demo, "OUT", tmp_path / "demo.csv")
    monkeypatch.setattr(sys, "argv", ["demo", "--repetitions", "2"])
    demo.main()
    table = pd.read_csv(tmp_path / "demo.csv")
    assert table["what"].tolist()[:3] == [
        "dvc repro from nothing",
        "largest process of it",
        "dvc repro with nothing to do",
    ]
    assert table["what"].str.startswith("start of stages.").sum() == len(demo.STAGES)
    assert commands.count(["dvc", "repro"]) == 1 + 2

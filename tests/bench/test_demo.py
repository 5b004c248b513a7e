"""The benchmark of the demo writes what README quotes, in the order in which it does."""

import subprocess

import pandas as pd

from bench import demo


def test_every_row_is_written(tmp_path, monkeypatch):
    commands = []
    monkeypatch.setattr(subprocess, "run", lambda command, **_: commands.append(command))
    monkeypatch.setattr(demo, "OUT", tmp_path / "demo.csv")
    demo.main(["--repetitions", "2"])
    table = pd.read_csv(tmp_path / "demo.csv")
    assert table["what"].tolist()[:4] == [
        "dvc repro from nothing",
        "largest process of it",
        "dvc repro with nothing to do",
        "dvc repro from nothing, one core busy",
    ]
    assert table["what"].str.startswith("start of stages.").sum() == len(demo.STAGES)
    assert commands.count(["dvc", "repro"]) == 1 + 2 + 1
    assert len([command for command in commands if command[:2] == ["git", "clone"]]) == 2

"""Progress: plain lines where there is no terminal, nothing for short work."""

import time

from jointaware import progress


def test_long_work_reports_its_progress_in_plain_lines(capsys, monkeypatch):
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.02)
    monkeypatch.setattr(progress, "SILENT_SECONDS", 0.01)
    for _ in progress.follow(range(5), "lifting", total=5, unit="sequences"):
        time.sleep(0.05)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("lifting: ")
    assert all(line.endswith(" left") and "of 5 sequences" in line for line in lines)


def test_short_work_prints_nothing(capsys):
    assert list(progress.follow(range(5), "lifting", total=5, unit="sequences")) == list(range(5))
    assert capsys.readouterr().err == ""

"""Progress: plain lines where there is no terminal, nothing for work that is soon done."""

import time

from jointaware import progress as _progress


def test_long_work_tells_in_plain_lines_how_far_it_is(capsys, monkeypatch):
    monkeypatch.setattr(_progress, "SECONDS_BETWEEN_LINES", 0.02)
    monkeypatch.setattr(_progress, "SILENT_SECONDS", 0.01)
    for _ in _progress.follow(range(5), "lifting", total=5, unit="sequences"):
        time.sleep(0.05)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("lifting: ")
    assert all(line.endswith(" left") and "of 5 sequences" in line for line in lines)


def test_short_work_says_nothing(capsys):
    assert list(_progress.follow(range(5), "lifting", total=5, unit="sequences")) == list(range(5))
    assert capsys.readouterr().err == ""

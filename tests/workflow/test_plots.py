"""The page of plots: complete, and offline."""

import re

import pytest

from jointaware.errors import InputError
from tests.house import ROOT
from workflow import plots


@pytest.fixture
def page(tmp_path, monkeypatch) -> str:
    """The page of the results in git."""
    monkeypatch.chdir(ROOT)
    plots.main(["--out", str(tmp_path)])
    for name in ("actions", "joints", "skeleton", "comparison", "differences"):
        assert (tmp_path / f"static/workspace_results_figures_{name}.svg").is_file()
    return (tmp_path / "index.html").read_text()


def test_all_runs_and_all_bars_are_on_the_page_and_nothing_comes_from_the_web(page):
    for title in ("Held-out error", "Training error", "MPJPE by action", "MPJVE by action", "MPJAE by action"):
        assert f'"text": "{title}"' in page
    assert len(set(re.findall(r'"experiment": "(\w+)"', page))) >= 3
    assert not re.findall(r'(?:src|href)="https?:', page.replace("\\", ""))
    assert "<DVC_METRIC" not in page
    assert page.count("<script") >= 3 + 5


def test_a_revision_that_is_not_there_is_named_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(InputError, match=r"^dvc plots diff no_such_branch: .*'no_such_branch'$"):
        plots.main(["no_such_branch", "--out", str(tmp_path)])

"""The report of the tiny pipeline, made once."""

import contextlib
import io
import json
import re
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import tiny
from tests.report.studies import make_study


class Report(NamedTuple):
    """A report: its file, its text, and the warnings printed."""

    path: Path
    text: str
    warnings: list[str]

    @property
    def traces(self) -> dict:
        """What the page knows of its numbers."""
        return json.loads(re.search(r'id="traces">(.*?)</script>', self.text, re.DOTALL)[1])

    @property
    def wrong(self) -> list[dict]:
        """The cells marked as wrong."""
        places = {int(place) for place in re.findall(r'class="number wrong" data-cell="(\d+)"', self.text)}
        return [self.traces["cells"][place] for place in places]


def make_report(folder: Path) -> Report:
    with tiny.standing_in(folder), contextlib.redirect_stdout(io.StringIO()) as printed:
        tiny.call("report")
    lines = [line for line in printed.getvalue().splitlines() if line.startswith("warning: ")]
    path = folder / "results/report.html"
    return Report(path, path.read_text(), [line.removeprefix("warning: ") for line in lines])


@pytest.fixture(scope="session")
def report(finished, tmp_path_factory) -> Report:
    """The report of everything as it should be; its folder is to be left as it is."""
    folder = tmp_path_factory.mktemp("reported") / "checkout"
    shutil.copytree(finished, folder)
    make_study(folder)
    return make_report(folder)

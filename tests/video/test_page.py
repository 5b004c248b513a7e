"""docs/your-own-video.md: its commands print what it shows, its tables are those of the code."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from jointaware.mocap.keypoints.forms import FORMS
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.video.exports import EXPORTS
from tests.house import ROOT
from tests.video import written

PAGE = (ROOT / "docs/your-own-video.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)


def lay_out(folder: Path) -> None:
    """What the page takes for granted: the fixture, and a list that MMPose wrote."""
    shutil.copytree(ROOT / "tests/reference/real-video", folder / "tests/reference/real-video")
    take = written.lose(written.keypoints(100), np.arange(5, 95, 9))
    written.mmpose(folder, take, is_named=False).rename(folder / "mmpose.json")


def test_its_commands_print_what_it_shows(tmp_path):
    lay_out(tmp_path)
    for session in SESSIONS:
        for entry in session.split("$ ")[1:]:
            line, _, shown = entry.partition("\n")
            assert line.startswith("jointaware ")
            command = [sys.executable, "-m", *line.split()]
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
            assert done.stdout + done.stderr == shown
            assert done.returncode == (2 if shown.startswith("error: ") else 0)


def test_its_tables_are_those_of_the_code():
    rows = [f"| {form.words} | {form.says} |" for form in FORMS.values()]
    rows += [f"| `{name}` | {layout.words} |" for name, layout in LAYOUTS.items()]
    rows += [f"| `--{name}` | {export.words} |" for name, export in EXPORTS.items()]
    for row in rows:
        assert row in PAGE

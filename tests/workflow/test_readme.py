"""README.md: its numbers are those of the results, and its commands exist."""

import re
import subprocess
import sys

import pytest

from bench.faults._results import Row, keep
from tests.house import ROOT
from tests.tiny import read_yaml
from workflow import readme

TEXT = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.strip()
]


def test_generated_parts_are_up_to_date():
    command = [sys.executable, "-m", "workflow.readme", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^)make ([a-z-]+)", TEXT, re.MULTILINE))))
def test_every_make_target_it_names_exists(target):
    assert re.search(rf"^{target}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("command", [command for command in COMMANDS if "-S" in command])
def test_every_parameter_it_changes_exists(command):

    for key in re.findall(r"-S (\S+?)=", command):
        place = read_yaml(ROOT / "params.yaml")
        for part in key.split("."):
            assert part in place, key
            place = place[part]


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", TEXT))))
def test_every_file_it_points_to_is_there(path):
    assert (ROOT / path).exists()


def test_faults_of_which_only_some_were_tried_are_not_shown_as_all(tmp_path, monkeypatch):
    rows = [Row("kills", "kills", 7, 100, 6, 1, 1.5, 20.0, "a | b", "0123456789", "2020-01-01"),
            Row("flips", "flipped bits", 9, 9, 9, 0, 1.5, 20.0, "", "1e10", "2020-01-02")]  # fmt: skip
    for row in rows:
        keep(tmp_path / "faults.csv", row)
    monkeypatch.setattr(readme, "FAULTS", tmp_path / "faults.csv")
    first, *_, kills, flips = readme.trust().splitlines()
    assert first.startswith("**16 faults tried on a tiny checkout, 1 failed**")
    assert kills == r"| kills | 7 of 100 | 6 | 1 | a \| b | 0123456789 (2020-01-01) |"
    assert flips == "| flipped bits | 9 | 9 | 0 | 1.5 s, 20 MiB | 1e10 (2020-01-02) |"

"""README.md: its numbers are those of the results, and its commands exist."""

import re
import subprocess
import sys

import pytest

from tests.house import ROOT
from tests.tiny import read_yaml

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

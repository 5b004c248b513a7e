"""docs/index.html: current, of the demo alone, the same each time, and with the real video."""

import re
import shutil
import subprocess
import sys

import pytest

from jointaware.errors import InputError
from tests import tiny
from tests.house import ROOT
from workflow.site import write as site
from workflow.site.current import digests


@pytest.fixture
def committed(checkout):
    """The finished checkout as a git repository, with the real video."""
    shutil.copytree(ROOT / site.VIDEO.parent, checkout / site.VIDEO.parent)
    shutil.copytree(ROOT / site.NETWORK.parent, checkout / site.NETWORK.parent)
    for command in ("init --quiet", "add paper profiles params.yaml bench results tests"):
        subprocess.run(["git", *command.split()], cwd=checkout, check=True)
    return checkout


def test_the_page_in_git_is_up_to_date():
    command = [sys.executable, "-m", "workflow.site", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_it_is_the_same_each_time_with_a_real_video_and_no_request(committed):
    site.main([])
    text = (committed / site.PAGE).read_text()
    assert len(text) < site.LARGEST
    assert "Pose2Sim (David Pagnon, BSD-3-Clause" in text
    assert text.count('class="player"') == 2
    assert not re.findall(r'(?:src|href)="(?!#|data:)', text)
    site.main([])
    assert (committed / site.PAGE).read_text() == text


def test_what_has_changed_since_is_named(committed):
    with pytest.raises(InputError, match=r"^docs/index\.html: missing, expected what `make site` writes"):
        site.main(["--check"])
    site.main([])
    site.main(["--check"])
    with (committed / "results/claims.csv").open("a") as file:
        file.write("\n")
    with pytest.raises(InputError, match=r"^results/claims\.csv: changed since, expected what `make site` writes"):
        site.main(["--check"])


def test_motion_of_others_never_enters_it(committed):
    parameters = tiny.read_yaml(committed / "params.yaml")
    parameters["data"]["source"] = "cmu"
    tiny.write_yaml(committed / "params.yaml", parameters)
    with pytest.raises(InputError, match=r"params\.yaml: data\.source: found cmu, expected synthetic"):
        site.main([])
    assert not (committed / site.PAGE).exists()


def test_a_page_made_before_its_new_files_were_added_to_git_is_current_afterwards(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").mkdir()
    for name in ("kept.csv", "ignored.csv"):
        (tmp_path / "results" / name).write_text(name)
    (tmp_path / ".gitignore").write_text("ignored.csv\n")
    subprocess.run(["git", "init", "--quiet"], check=True)
    before = digests(["results"])
    subprocess.run(["git", "add", "results"], check=True)
    assert digests(["results"]) == before
    (tmp_path / "results/ignored.csv").write_text("changed")
    assert digests(["results"]) == before
    (tmp_path / "results/kept.csv").write_text("changed")
    assert digests(["results"]) != before

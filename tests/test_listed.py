"""What others read without running anything: the citation, the container and the environment files."""

import re
import shutil
import subprocess
import sys
import tomllib

from packaging.specifiers import SpecifierSet

from tests.house import ROOT
from tests.tiny import read_yaml

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TORCH = re.search(r"^TORCH \?= (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1]
CITATION = read_yaml(ROOT / "CITATION.cff")
KEYS = {
    "cff-version", "message", "title", "abstract", "type", "version", "license", "authors", "references",
    "repository-code", "date-released", "doi", "keywords",
}  # fmt: skip
"""Keys of the Citation File Format 1.2.0 that this file may use."""
OF_A_REFERENCE = {"type", "title", "authors", "year", "doi", "url", "repository-code", "collection-title"}


def test_the_citation_has_what_its_format_requires():
    """The full schema was checked with `cffconvert --validate`, which needs an old version of jsonschema."""
    assert {"cff-version", "message", "title", "authors"} <= set(CITATION) <= KEYS
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in {"software", "dataset"}
    for reference in CITATION["references"]:
        assert {"type", "title", "authors", "year", "url"} <= set(reference) <= OF_A_REFERENCE
        assert reference["type"] in {"article", "conference-paper"}
        assert isinstance(reference["year"], int)
        assert re.fullmatch(r"10\.\d{4,9}/\S+", reference.get("doi", "10.0000/none"))
        assert all(set(author) == {"family-names", "given-names"} for author in reference["authors"])
    for place in (CITATION, *CITATION["references"]):
        addresses = [place[key] for key in ("url", "repository-code") if key in place]
        assert all(re.fullmatch(r"https://(?!example\.)[\w.-]+/\S+", address) for address in addresses)


def test_the_citation_is_of_this_version_and_names_the_paper_and_the_network():
    assert CITATION["version"] == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"]
    paper, network = CITATION["references"]
    assert [author["family-names"] for author in paper["authors"]] == ["Gupta"]
    assert paper["url"].endswith("2002.11251")
    assert paper["doi"].endswith("2002.11251")
    assert [author["family-names"] for author in network["authors"]] == ["Pavllo", "Feichtenhofer", "Grangier", "Auli"]
    assert network["repository-code"].endswith("/VideoPose3D")


def instructions() -> list[tuple[str, str]]:
    """Instruction and arguments of each line of the Dockerfile."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line and not line.startswith("#")]


def test_the_container_installs_what_make_setup_pins_from_the_files_it_has_by_then(tmp_path):
    steps = instructions()
    setup = steps.index(("RUN", "make setup"))
    (copied,) = (arguments.split() for name, arguments in steps[:setup] if name == "COPY")
    for name in copied[:-1]:
        shutil.copy(ROOT / name, tmp_path)
    command = ["make", "--dry-run", "setup", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert f'"{TORCH}"' in done.stdout
    assert "--requirement requirements.txt" in done.stdout


def test_the_container_runs_the_demo_on_a_python_that_the_project_supports():
    steps = instructions()
    assert [name for name, _ in steps].count("FROM") == 1
    python = re.fullmatch(r"python:(\d+\.\d+)-slim", steps[0][1])[1]
    assert python in SpecifierSet(PROJECT["requires-python"])
    assert steps[-1] == ("CMD", '["make", "reproduce"]')
    assert steps.index(("COPY", ". .")) > steps.index(("RUN", "make setup"))


def test_nothing_that_git_ignores_enters_the_container():
    expected = set()
    for folder in ("", ".dvc/"):
        for line in (ROOT / folder / ".gitignore").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                pattern = line.removeprefix("!").rstrip("/")
                placed = f"{folder}{pattern.removeprefix('/')}" if "/" in pattern else f"**/{pattern}"
                expected.add("!" * line.startswith("!") + placed)
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if not line.startswith("#")} == expected


def test_the_environment_of_a_job_has_what_the_package_needs_in_the_pinned_versions():
    *_, by_pip = read_yaml(ROOT / "workflow/envs/stages.yaml")["dependencies"]
    names = {re.split(r"[<>=~ ]", dependency)[0] for dependency in PROJECT["dependencies"]}
    assert {line.partition("==")[0] for line in by_pip["pip"]} == names
    pinned = (ROOT / "requirements.txt").read_text(encoding="utf-8").casefold().splitlines()
    assert set(by_pip["pip"]) - {TORCH} <= {line.strip() for line in pinned}


def test_the_conda_environment_and_the_page_have_the_pinned_packages():
    environment = read_yaml(ROOT / "environment.yml")
    *outside, by_pip = environment["dependencies"]
    assert by_pip == {"pip": [TORCH, "-r requirements.txt"]}
    assert {"git", "make", "pip"} < set(outside)
    (python,) = (each.removeprefix("python=") for each in outside if each.startswith("python="))
    assert python in SpecifierSet(PROJECT["requires-python"])
    page = (ROOT / "docs/installing.md").read_text(encoding="utf-8")
    assert f"uv pip install {TORCH} -r requirements.txt" in page
    assert f"conda activate {environment['name']}\n" in page

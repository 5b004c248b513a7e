"""The house: floors, short files, small folders, and nothing licensed in git."""

import ast
import subprocess
import sys
from collections import Counter
from pathlib import Path

import grimp

from tests.house import ROOT, code_files

LINES = {file: len(file.read_text().splitlines()) for file in code_files()}


def test_rooms_import_from_lower_floors_and_stages_never_from_each_other():
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache", "--no-logo"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mathematics_needs_torch_and_numpy_only():
    graph = grimp.build_graph("jointaware", include_external_packages=True, cache_dir=None)
    needed = {
        imported.split(".")[0]
        for module in {"jointaware.pose", *graph.find_descendants("jointaware.pose")}
        for imported in graph.find_modules_directly_imported_by(module)
    }
    assert needed - {*sys.stdlib_module_names, "jointaware"} <= {"torch", "numpy"}


def test_no_name_is_taken_for_a_missing_value():
    """pandas takes NA, null, nan and the like for missing values, unless told otherwise."""
    for file in [*LINES, *sorted((ROOT / "bench").rglob("*.py"))]:
        for call in ast.walk(ast.parse(file.read_text())):
            name = getattr(call.func, "attr", getattr(call.func, "id", "")) if isinstance(call, ast.Call) else ""
            keywords = {each.arg: ast.unparse(each.value) for each in getattr(call, "keywords", [])}
            where = f"{file}:{getattr(call, 'lineno', '')}"
            if name in ("read_csv", "read_fwf", "read_excel"):
                assert keywords.get("keep_default_na") == "False", where
                assert keywords.get("na_values", "['']") == "['']", where
            assert name != "read_json", where
            assert "na_rep" not in keywords, where


def test_tables_are_read_where_pipes_and_devices_are_refused():
    """Of the stages' inputs; figures and pages are made from tables that their own stage has written."""
    readers = [file for file in LINES if "pd.read_csv(" in file.read_text() and ROOT / "workflow" not in file.parents]
    assert {file.parent.name for file in readers} == {"artifacts", "figures"}


def test_yaml_is_read_in_one_place():
    """`read_yaml` bounds what a file may hold and says in one line what is wrong with it."""
    readers = [file for file in LINES if 'YAML(typ="safe"' in file.read_text()]
    assert readers == [ROOT / "jointaware/artifacts/files.py"]


def test_no_room_is_for_odds_and_ends():
    assert not [file for file in LINES if file.stem.strip("_") in ("utils", "util", "common", "helpers", "misc")]


def test_files_stay_short():
    assert not {str(file): lines for file, lines in LINES.items() if lines > 300}


def test_folders_stay_small():
    files = Counter(file.parent for file in LINES if file.name != "__init__.py")
    assert not {str(folder): count for folder, count in files.items() if count > 14}
    lines: Counter[Path] = Counter()
    for file, count in LINES.items():
        for folder in file.parents:
            lines[folder] += count
            if files[folder] >= 10:  # a room of its own, whichever room it is in
                break
    rooms = [folder for folder in lines if folder.is_relative_to(ROOT) and folder not in (ROOT, ROOT / "jointaware")]
    total = sum(LINES.values())
    assert not {str(folder): lines[folder] / total for folder in rooms if lines[folder] > total / 4}


def test_nothing_of_human36m_is_in_git_but_its_readme():
    listed = subprocess.run(["git", "ls-files", "licensed"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert listed.stdout.split() == ["licensed/README.md"]
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/licensed/*" in ignored
    assert "!/licensed/README.md" in ignored

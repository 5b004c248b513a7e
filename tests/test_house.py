"""The rooms and their one-way doors."""

import ast

import pytest

from tests.house import ROOT, imports, modules, path

DOORS = {
    "pose": {"pose"},
    "mocap": {"mocap", "pose"},
    "stages": {"stages", "mocap", "pose"},
    "workflow": {"workflow", "stages"},
}


@pytest.mark.parametrize("module", modules())
def test_doors_open_one_way(module):
    room = module.split(".")[0]
    assert {imported.split(".")[0] for imported in imports(module)} <= DOORS[room]


@pytest.mark.parametrize("module", [module for module in modules() if module.startswith("stages.")])
def test_a_stage_imports_plumbing_and_never_another_stage(module):
    stages = {imported for imported in imports(module) if imported.startswith("stages.")}
    assert all(stage.split(".")[1].startswith("_") for stage in stages)


@pytest.mark.parametrize("module", [module for module in modules() if module.startswith("pose.")])
def test_mathematics_needs_torch_and_numpy_only(module):
    standard = {"__future__", "collections", "contextlib", "functools", "itertools", "math", "typing"}
    tree = ast.parse(path(module).read_text(encoding="utf-8"))
    froms = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    plain = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert froms | plain <= standard | {"pose", "torch", "numpy"}


def test_no_room_is_for_odds_and_ends():
    assert not [module for module in modules() if module.split(".")[-1].strip("_") in ("utils", "common", "helpers")]


def test_files_stay_short():
    long = {module: len(path(module).read_text().splitlines()) for module in modules()}
    assert not {module: lines for module, lines in long.items() if lines > 350}


def test_nothing_of_human36m_is_in_git_but_its_readme():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/licensed/*" in ignored
    assert "!/licensed/README.md" in ignored

"""dvc.yaml: code lists are exactly what stages use, and the committed results are those of this code."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house import ROOT
from tests.tiny import read_yaml
from workflow import deps

STAGES = {name: fields.get("do", fields) for name, fields in read_yaml(ROOT / "dvc.yaml")["stages"].items()}
LOCKED = read_yaml(ROOT / "dvc.lock")["stages"]


def used(root: Path, module: str) -> set[str]:
    """Files that a module of packages of the same names below another folder uses."""
    program = f"""import sys
from pathlib import Path
from workflow.deps import CODE, Code
sys.path.insert(0, {str(root)!r})
for name in CODE:
    del sys.modules[name]
print(*Code(Path({str(root)!r})).files({module!r}))"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_declared_code_is_what_the_stages_use():
    text = (ROOT / "dvc.yaml").read_text()
    assert deps.rewritten(text, deps.Code(ROOT)) == text, "run `make deps`"


def test_lists_of_code_are_written_and_all_else_stays():
    text = (ROOT / "dvc.yaml").read_text()
    lines = text.splitlines(keepends=True)
    spoiled = [line for line in lines if "- jointaware/" not in line and "- stages/" not in line]
    assert len(spoiled) < len(lines)
    spoiled.insert(spoiled.index("    deps:\n") + 1, "      - jointaware/gone.py\n")
    assert deps.rewritten("".join(spoiled), deps.Code(ROOT)) == text


def test_functions_named_by_reference_packages_and_data_beside_a_module_count(tmp_path):
    files = {
        "stages/__init__.py": '"""Nothing but words."""\n',
        "stages/one.py": "from pkgutil import resolve_name\nfrom jointaware import table\nimport jointaware.light\n",
        "stages/two.py": "import jointaware.light\n",
        "jointaware/__init__.py": "import os\n",
        "jointaware/table.py": 'ROWS = {"a": "jointaware.room.functions:measure", "b": "no reference"}\n',
        "jointaware/light.py": 'WORDS = Path(__file__).with_name("words.csv")\nOTHER = "jointaware.unused:name"\n',
        "jointaware/unused.py": "",
        "jointaware/room/__init__.py": "",
        "jointaware/room/functions.py": "import jointaware.room.below\nif TYPE_CHECKING:\n    import jointaware.hint\n",
        "jointaware/room/below.py": "def lazily():\n    import jointaware.late\n",
        "jointaware/late.py": "",
        "jointaware/hint.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert used(tmp_path, "stages.two") == {"jointaware/__init__.py", "jointaware/light.py", "jointaware/words.csv",
                                            "stages/two.py"}  # fmt: skip
    more = {"table.py", "unused.py", "room/functions.py", "room/below.py", "late.py"}
    assert used(tmp_path, "stages.one") == (
        used(tmp_path, "stages.two") - {"stages/two.py"} | {"stages/one.py", *(f"jointaware/{name}" for name in more)}
    )


@pytest.mark.parametrize("code", ["jointaware/pose/metrics.py", "stages/evaluate.py", "stages/aggregate.py"])
def test_a_better_comment_where_scores_are_made_retrains_nothing(code):
    assert code not in STAGES["train"]["deps"] + STAGES["predict"]["deps"] + STAGES["preprocess"]["deps"]


@pytest.mark.parametrize("stage", LOCKED)
def test_the_committed_results_were_made_by_this_code_and_these_parameters(stage):
    for dependency in LOCKED[stage]["deps"]:
        if deps.is_code(dependency["path"]):
            content = (ROOT / dependency["path"]).read_bytes()
            assert hashlib.md5(content).hexdigest() == dependency["md5"], f"{dependency['path']}: run dvc repro"
    parameters = read_yaml(ROOT / "params.yaml")
    for key, value in LOCKED[stage].get("params", {}).get("params.yaml", {}).items():
        place = parameters
        for part in key.split("."):
            place = place[part]
        assert place == value, f"{key}: run dvc repro"


def test_every_run_of_the_parameters_has_committed_results():
    parameters = read_yaml(ROOT / "params.yaml")
    runs = {f"{experiment}/{seed}" for experiment in parameters["experiments"] for seed in parameters["seeds"]}
    assert set(parameters["experiments"]) == {stage.partition("@")[2] for stage in LOCKED if "@" in stage}
    folders = (ROOT / "results/runs").glob("*/*/metrics.json")
    assert runs == {folder.parent.relative_to(ROOT / "results/runs").as_posix() for folder in folders}
    provenance = {path.stem for path in (ROOT / "results/provenance").glob("*.json")}
    assert provenance == {run.replace("/", "-") for run in runs}

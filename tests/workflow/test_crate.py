"""The archive: it has what the profile Provenance Run Crate 0.5 requires, correct digests, and no motion.

The profile's own validator needs another version of `rich` than the pipeline, so it is not among the packages here.
Where it is on the path (`pipx install roc-validator`, once `rocrate-validator cache warm`), a test runs it offline.
"""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from safetensors.numpy import save_file

from jointaware.artifacts.files import sha256
from jointaware.errors import InputError
from tests import tiny
from tests.house import ROOT
from workflow.crate import __main__ as crate

PARTS = (
    "jointaware", "stages", "workflow", "licensed", ".dvc", "dvc.yaml", "dvc.lock", "Makefile",
    "requirements.txt", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff",
)  # fmt: skip
RUN = subprocess.run
"""As it was before `reproduction` replaced it."""
PROFILES = {
    "https://w3id.org/ro/wfrun/provenance/0.5",
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}


@pytest.fixture
def reproduction(checkout, monkeypatch) -> Path:
    """The tiny pipeline beside the files of this repository, leftovers, and a `dvc status` that finds it current."""
    for part in PARTS:
        (checkout / part).symlink_to(ROOT / part)
    for other in ("runs/forgotten/0/metrics.json", "studies/old/metrics.json"):
        (checkout / "results" / other).parent.mkdir(parents=True)
        (checkout / "results" / other).touch()
    (checkout / "results/report.html").write_text("the report")
    save_arrays(checkout / "results/runs/wide/0/arrays.safetensors", "errors")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    return checkout


def save_arrays(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"x": np.frombuffer(content.encode(), np.uint8)}, path)


def read(folder: Path) -> dict[str, dict]:
    """The entities of a crate by their id."""
    content = json.loads((folder / "ro-crate-metadata.json").read_text())
    assert content["@context"] == ["https://w3id.org/ro/crate/1.1/context", crate.TERMS]
    return {entity["@id"]: entity for entity in content["@graph"]}


def ids(value: object) -> list[str]:
    """What a property refers to."""
    return [each["@id"] for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def test_what_the_profile_requires_is_there(reproduction):
    crate.main(["--out", "out"])
    entities = read(reproduction / "out")
    root, descriptor = entities["./"], entities["ro-crate-metadata.json"]
    assert "https://w3id.org/ro/crate/1.1" in ids(descriptor["conformsTo"])
    assert ids(descriptor["about"]) == ["./"]
    assert all(root[key] for key in ("name", "description", "datePublished", "license", "hasPart"))
    assert set(ids(root["conformsTo"])) == PROFILES
    (main,) = ids(root["mainEntity"])
    assert main == "dvc.yaml"
    assert set(entities[main]["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"}
    assert entities[ids(entities[main]["programmingLanguage"])[0]]["@type"] == "ComputerLanguage"
    actions = [entity for entity in entities.values() if entity["@type"] == "CreateAction"]
    assert set(ids(root["mentions"])) == {action["@id"] for action in actions}
    assert [action["@id"] for action in actions if ids(action["instrument"]) == [main]] == ["#reproduction"]
    for action in actions:
        assert all(action[key] for key in ("name", "instrument", "object", "result"))
        (program,) = ids(action["instrument"])
        assert {"SoftwareApplication", "ComputationalWorkflow"} & set(entities[program]["@type"])
    for entity in entities.values():
        for value in entity.values():
            assert set(ids(value)) <= {*entities, "https://w3id.org/ro/crate/1.1", "https://dvc.org",
                                       "https://w3id.org/workflowhub/workflow-ro-crate/1.0"}  # fmt: skip


def test_stages_are_steps_and_every_execution_is_tied_to_its_own_by_dvc(reproduction):
    crate.main(["--out", "out"])
    entities = read(reproduction / "out")
    stages = tuple(tiny.COMMANDS)
    main = entities["dvc.yaml"]
    assert ids(main["step"]) == [f"#step-{stage}" for stage in stages]
    assert ids(main["hasPart"]) == [f"stages/{stage}.py" for stage in stages]
    steps = [entities[each] for each in ids(main["step"])]
    assert [step["position"] for step in steps] == [str(position) for position in range(1, len(stages) + 1)]
    assert [ids(step["workExample"]) for step in steps] == [[tool] for tool in ids(main["hasPart"])]
    assert all(step["@type"] == "HowToStep" and step["description"] for step in steps)
    (whole,) = (each for each in entities.values() if each["@type"] == "OrganizeAction")
    assert ids(whole["result"]) == ["#reproduction"]
    assert entities[ids(whole["instrument"])[0]]["name"] == "DVC"
    controls = [each for each in entities.values() if each["@type"] == "ControlAction"]
    assert ids(whole["object"]) == [control["@id"] for control in controls]
    executions = [ids(control["object"])[0] for control in controls]
    actions = {each["@id"] for each in entities.values() if each["@type"] == "CreateAction"}
    assert sorted(executions) == sorted(actions - {"#reproduction"})
    for control, execution in zip(controls, executions, strict=True):
        step = entities[ids(control["instrument"])[0]]
        assert ids(step["workExample"]) == ids(entities[execution]["instrument"])
        assert execution.startswith(f"#{step['name']}")


def test_what_happens_once_reads_and_writes_what_dvc_says(reproduction):
    crate.main(["--out", "out"])
    entities = read(reproduction / "out")
    motion = f"#sha256-{sha256(reproduction / 'data/sequences.safetensors')}"
    assert ids(entities["#fetch"]["result"]) == ["data/manifest.json"]
    assert ids(entities["#preprocess"]["object"]) == ["params.yaml", "data/manifest.json"]
    assert ids(entities["#preprocess"]["result"]) == [motion]
    tables = set(ids(entities["#aggregate"]["result"]))
    assert {"results/metrics.json", "results/claims.csv", "results/tables/protocol1.csv"} <= tables
    assert not [path for path in tables if path.startswith(("results/runs", "results/provenance"))]
    assert tables < set(ids(entities["#report"]["object"]))
    assert ids(entities["#report"]["result"]) == ["results/report.html"]


def test_the_profile_s_validator_finds_nothing(reproduction):
    program = shutil.which("rocrate-validator")
    if program is None:
        pytest.skip("rocrate-validator is not on the path: pipx install roc-validator")
    crate.main(["--out", "out"])
    options = ("--offline", "--profile-identifier", "provenance-run-crate-0.5", "--output-format", "json")
    command = [program, "--no-interactive", "validate", *options, "--output-file", "found.json", "out"]
    done = RUN(command, capture_output=True, text=True, check=False)
    if "cache warm" in " ".join((done.stdout + done.stderr).split()):
        pytest.skip("its contexts are not here: run rocrate-validator cache warm once, online")
    assert Path("found.json").is_file(), done.stdout + done.stderr
    found = json.loads(Path("found.json").read_text())
    assert (found["issues"], found["passed"]) == ([], True)


def test_every_file_is_within_with_its_digest_and_no_array_is(reproduction):
    crate.main(["--out", "crate.zip"])
    with zipfile.ZipFile("crate.zip") as archive:
        archive.extractall("out")
    entities = read(reproduction / "out")
    within = {path for path in Path(reproduction / "out").rglob("*") if path.is_file()}
    names = {path.relative_to(reproduction / "out").as_posix() for path in within} - {"ro-crate-metadata.json"}
    assert names == set(ids(entities["./"]["hasPart"]))
    assert {
        "params.yaml",
        "dvc.lock",
        "paper/table_05.csv",
        "results/metrics.json",
        "stages/train.py",
        "jointaware/pose/network.py",
    } <= names
    assert not [name for name in names if name.endswith((".safetensors", ".npz", ".pyc"))]
    assert not [name for name in names if "forgotten" in name or "results/studies" in name]
    for name in names:
        assert entities[name]["sha256"] == sha256(reproduction / "out" / name) == sha256(reproduction / name)


def test_a_run_is_four_actions_with_its_network_by_digest_and_what_training_cost(reproduction):
    crate.main(["--out", "out"])
    entities = read(reproduction / "out")
    stages = ("train", "predict", "smooth", "evaluate")
    train, predict, smooth, evaluate = (entities[f"#{stage}-wide-1"] for stage in stages)
    network = f"#sha256-{sha256(reproduction / 'models/wide/1/network.safetensors')}"
    assert network in ids(train["result"])
    assert network in ids(predict["object"])
    assert {network, *ids(predict["result"])} < set(ids(smooth["object"]))
    smoothed = f"#sha256-{sha256(reproduction / 'smoothers/wide/1/predictions.safetensors')}"
    assert smoothed in ids(smooth["result"])
    assert {smoothed, *ids(predict["result"])} < set(ids(evaluate["object"]))
    assert "results/runs/wide/1/metrics.json" in ids(evaluate["result"])
    made = json.loads((reproduction / "results/provenance/wide-1.json").read_text())
    assert entities[ids(train["resourceUsage"])[0]]["value"] == str(made["seconds"])
    assert f"seed 1, made at commit {made['commit']}" in train["description"]
    versions = [entities[each] for each in ids(entities["dvc.yaml"]["softwareRequirements"])]
    assert {"torch": made["packages"]["torch"], "Python": made["python"]}.items() <= {
        each["name"]: each["softwareVersion"] for each in versions
    }.items()


def test_a_network_of_unknown_origin_has_no_duration(reproduction):
    (reproduction / "results/provenance/wide-1.json").unlink()
    crate.main(["--out", "out"])
    train = read(reproduction / "out")["#train-wide-1"]
    assert train["description"] == "seed 1, not recorded"
    assert "resourceUsage" not in train


def test_no_pose_of_human36m_is_packed(reproduction):
    parameters = tiny.read_yaml(Path("params.yaml"))
    parameters["data"] |= {"source": "h36m", "remote": "h36m"}
    tiny.write_yaml(Path("params.yaml"), parameters)
    crate.main(["--out", "out"])
    names = {path.relative_to("out").as_posix() for path in Path("out").rglob("*")}
    assert not [name for name in names if "skeleton" in name and name.startswith("results")]
    assert {"results/figures/actions.svg", "results/tables/protocol1.tex", "results/claims.csv"} <= names
    (report,) = ids(read(Path("out"))["#report"]["result"])
    assert report == f"#sha256-{sha256(Path('results/report.html'))}"
    shown = {name.split("/")[1] for name in names if name.startswith("results/")}
    assert shown <= {"tables", "figures", "runs", "provenance", "claims.csv", "inconsistencies.csv", "metrics.json",
                     "headline.json"}  # fmt: skip


def test_results_of_other_parameters_and_an_existing_folder_are_refused(reproduction, monkeypatch):
    with pytest.raises(InputError, match="results: exists already, expected a new folder"):
        crate.main(["--out", "results"])
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(InputError, match=r"results: not the results of params\.yaml"):
        crate.main(["--out", "out"])
    assert not Path("out").exists()

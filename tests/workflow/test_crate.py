"""The archive: what the profile Workflow Run Crate 0.5 requires is there, digests are right, no motion is within.

The profile's full validator (`pip install roc-validator`) wants the web for its contexts and another `rich` than ours.
It was run by hand: `rocrate-validator validate -p workflow-run-crate-0.5 crate.zip`.
"""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from jointaware.artifacts.files import sha256
from jointaware.errors import InputError
from tests.house import ROOT
from workflow import crate

PARTS = (
    "pose", "mocap", "stages", "workflow", "profiles", "licensed", "paper", ".dvc", "dvc.yaml", "dvc.lock", "Snakefile",
    "Makefile", "requirements.txt", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff",
)  # fmt: skip
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """The files of this repository, made-up networks, predictions and motion, and a `dvc status` that is content."""
    for part in PARTS:
        (tmp_path / part).symlink_to(ROOT / part)
    shutil.copytree(ROOT / "results", tmp_path / "results", ignore=shutil.ignore_patterns("*.safetensors"))
    for other in ("runs/forgotten-0/metrics.json", "studies/old/metrics.json"):
        (tmp_path / "results" / other).parent.mkdir(parents=True)
        (tmp_path / "results" / other).touch()
    save_arrays(tmp_path / "results/runs/wide-0/frame_errors.safetensors", "errors")
    parameters = yaml.safe_load((ROOT / "profiles/demo.yaml").read_text())
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters))
    manifest = {"source": "synthetic", "licence": "made here, MIT", "files": [{"path": "data/raw/S1/W.npz"}]}
    record = {"seconds": 4.5, "weights": 10, "device": "cpu", "python": "3.11.7", "packages": {"torch": "2.13.0"}}
    for name in (f"{experiment}-{seed}" for experiment in parameters["experiments"] for seed in parameters["seeds"]):
        (tmp_path / "models" / name).mkdir(parents=True)
        (tmp_path / "models" / name / "run.json").write_text(json.dumps(record))
        (tmp_path / "models" / name / "history.csv").write_text("epoch\n1\n")
        save_arrays(tmp_path / f"models/{name}/network.safetensors", name)
        save_arrays(tmp_path / f"predictions/{name}.safetensors", f"predicted by {name}")
    save_arrays(tmp_path / "data/sequences.safetensors", "motion")
    (tmp_path / "data/raw").mkdir()
    (tmp_path / "data/raw/W.npz").write_text("motion")
    (tmp_path / "data/manifest.json").write_text(json.dumps(manifest))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))
    return tmp_path


def save_arrays(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({"x": np.frombuffer(content.encode(), np.uint8)}, path)


def pack(monkeypatch, out: str) -> None:
    monkeypatch.setattr(sys, "argv", ["crate", "--out", out])
    crate.main()


def read(folder: Path) -> dict[str, dict]:
    """The entities of a crate by their id."""
    content = json.loads((folder / "ro-crate-metadata.json").read_text())
    assert content["@context"] == ["https://w3id.org/ro/crate/1.1/context", crate.TERMS]
    return {entity["@id"]: entity for entity in content["@graph"]}


def ids(value: object) -> list[str]:
    """What a property refers to."""
    return [each["@id"] for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def test_what_the_profile_requires_is_there(checkout, monkeypatch):
    pack(monkeypatch, "out")
    entities = read(checkout / "out")
    root, descriptor = entities["./"], entities["ro-crate-metadata.json"]
    assert "https://w3id.org/ro/crate/1.1" in ids(descriptor["conformsTo"])
    assert ids(descriptor["about"]) == ["./"]
    assert all(root[key] for key in ("name", "description", "datePublished", "license", "hasPart"))
    assert set(ids(root["conformsTo"])) == PROFILES
    (main,) = ids(root["mainEntity"])
    assert main == "dvc.yaml"
    assert set(entities[main]["@type"]) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
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


def test_every_file_is_within_with_its_digest_and_no_array_is(checkout, monkeypatch):
    pack(monkeypatch, "crate.zip")
    with zipfile.ZipFile("crate.zip") as archive:
        archive.extractall("out")
    entities = read(checkout / "out")
    within = {path for path in Path(checkout / "out").rglob("*") if path.is_file()}
    names = {path.relative_to(checkout / "out").as_posix() for path in within} - {"ro-crate-metadata.json"}
    assert names == set(ids(entities["./"]["hasPart"]))
    assert {"params.yaml", "dvc.lock", "paper/table_05.csv", "results/metrics.json", "stages/train.py"} <= names
    assert not [name for name in names if name.endswith((".safetensors", ".npz", ".pyc"))]
    assert not [name for name in names if "forgotten" in name or "studies" in name]
    for name in names:
        assert entities[name]["sha256"] == sha256(checkout / "out" / name) == sha256(checkout / name)


def test_a_run_is_three_actions_with_its_network_by_digest_and_what_training_cost(checkout, monkeypatch):
    pack(monkeypatch, "out")
    entities = read(checkout / "out")
    train, predict, evaluate = (entities[f"#{stage}-wide-1"] for stage in ("train", "predict", "evaluate"))
    network = f"#sha256-{sha256(checkout / 'models/wide-1/network.safetensors')}"
    assert network in ids(train["result"])
    assert network in ids(predict["object"])
    assert set(ids(predict["result"])) < set(ids(evaluate["object"]))
    assert "results/runs/wide-1/metrics.json" in ids(evaluate["result"])
    assert entities[ids(train["resourceUsage"])[0]]["value"] == "4.5"
    assert "seed 1" in train["description"]
    versions = [entities[each] for each in ids(entities["dvc.yaml"]["softwareRequirements"])]
    assert {"torch": "2.13.0", "Python": "3.11.7"}.items() <= {
        each["name"]: each["softwareVersion"] for each in versions
    }.items()


def test_no_pose_of_human36m_is_packed(checkout, monkeypatch):
    parameters = yaml.safe_load(Path("params.yaml").read_text())
    parameters["data"]["source"] = "h36m"
    Path("params.yaml").write_text(yaml.safe_dump(parameters))
    pack(monkeypatch, "out")
    names = {path.relative_to("out").as_posix() for path in Path("out").rglob("*")}
    assert not [name for name in names if "skeleton" in name and name.startswith("results")]
    assert {"results/figures/actions.svg", "results/tables/protocol1.tex", "results/claims.csv"} <= names
    shown = {name.split("/")[1] for name in names if name.startswith("results/")}
    assert shown <= {"tables", "figures", "runs", "claims.csv", "inconsistencies.csv", "metrics.json"}


def test_results_of_other_parameters_and_a_folder_that_is_there_are_refused(checkout, monkeypatch):
    with pytest.raises(InputError, match="results: is there already, expected a new folder"):
        pack(monkeypatch, "results")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=1))
    with pytest.raises(InputError, match=r"results: is not what params\.yaml gives"):
        pack(monkeypatch, "out")
    assert not Path("out").exists()

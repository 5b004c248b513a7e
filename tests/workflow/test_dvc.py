"""dvc.yaml: declared code is imported code, and an edit reruns what it must and no more."""

import hashlib

import pytest
import yaml

from tests.house import ROOMS, ROOT, files

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


@pytest.mark.parametrize("stage", STAGES)
def test_declared_code_is_what_the_stage_uses(stage):
    rooms = [dependency for dependency in STAGES[stage]["deps"] if dependency.split("/")[0] in ROOMS]
    assert rooms == sorted(files(f"stages.{stage}"))


@pytest.mark.parametrize("metric_code", ["jointaware/pose/metrics.py", "stages/evaluate.py", "stages/aggregate.py"])
def test_a_better_comment_where_scores_are_made_retrains_nothing(metric_code):
    assert metric_code not in STAGES["train"]["deps"] + STAGES["predict"]["deps"] + STAGES["preprocess"]["deps"]


LOCKED = yaml.safe_load((ROOT / "dvc.lock").read_text())["stages"]


@pytest.mark.parametrize("stage", LOCKED)
def test_the_committed_results_were_made_by_this_code_and_these_parameters(stage):
    for dependency in LOCKED[stage]["deps"]:
        if dependency["path"].split("/")[0] in ROOMS:
            content = (ROOT / dependency["path"]).read_bytes()
            assert hashlib.md5(content).hexdigest() == dependency["md5"], f"{dependency['path']}: run dvc repro"
    for key, value in LOCKED[stage].get("params", {}).get("params.yaml", {}).items():
        place = yaml.safe_load((ROOT / "params.yaml").read_text())
        for part in key.split("."):
            place = place[part]
        assert place == value, f"{key}: run dvc repro"


def test_every_run_of_the_parameters_has_committed_results():
    parameters = yaml.safe_load((ROOT / "params.yaml").read_text())
    runs = {f"{experiment}-{seed}" for experiment in parameters["experiments"] for seed in parameters["seeds"]}
    assert runs == {stage.partition("@")[2] for stage in LOCKED if "@" in stage}
    assert runs == {folder.name for folder in (ROOT / "results/runs").iterdir()}

"""dvc.yaml: declared code is imported code, and an edit reruns what it must and no more."""

import pytest
import yaml

from tests.house import ROOT, closure, path

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


@pytest.mark.parametrize("stage", STAGES)
def test_declared_code_is_what_the_stage_imports(stage):
    declared = [dependency for dependency in STAGES[stage]["deps"] if dependency.endswith(".py")]
    used = sorted(path(module).relative_to(ROOT).as_posix() for module in closure(f"stages.{stage}"))
    assert declared == used


@pytest.mark.parametrize("metric_code", ["pose/metrics.py", "stages/evaluate.py", "stages/aggregate.py"])
def test_a_better_comment_where_scores_are_made_retrains_nothing(metric_code):
    assert metric_code not in STAGES["train"]["deps"] + STAGES["predict"]["deps"] + STAGES["preprocess"]["deps"]

"""dvc.yaml: declared code is imported code, and an edit reruns what it must and no more."""

import pytest
import yaml

from tests.house import ROOMS, ROOT, files

STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


@pytest.mark.parametrize("stage", STAGES)
def test_declared_code_is_what_the_stage_uses(stage):
    rooms = [dependency for dependency in STAGES[stage]["deps"] if dependency.split("/")[0] in ROOMS]
    assert rooms == sorted(files(f"stages.{stage}"))


@pytest.mark.parametrize("metric_code", ["pose/metrics.py", "stages/evaluate.py", "stages/aggregate.py"])
def test_a_better_comment_where_scores_are_made_retrains_nothing(metric_code):
    assert metric_code not in STAGES["train"]["deps"] + STAGES["predict"]["deps"] + STAGES["preprocess"]["deps"]

"""What the word "reproduced" takes."""

from types import SimpleNamespace

import pytest

from jointaware.analysis.paper_size import is_paper_size
from jointaware.artifacts.parameters import load
from jointaware.mocap.actions import ACTIONS
from tests.house import ROOT

PAPER = load(ROOT / "profiles/paper.yaml")


def with_experiment(name: str, **changes: object):
    experiments = PAPER.experiments | {name: PAPER.experiments[name].model_copy(update=changes)}
    return PAPER.model_copy(update={"experiments": experiments})


def with_preprocess(**changes: object):
    return PAPER.model_copy(update={"preprocess": PAPER.preprocess.model_copy(update=changes)})


def test_the_paper_profile_has_it_and_the_demo_has_not():
    assert is_paper_size(PAPER, ACTIONS, ROOT / "paper")
    assert not is_paper_size(load(ROOT / "profiles/demo.yaml"), ACTIONS, ROOT / "paper")


@pytest.mark.parametrize(
    "parameters",
    [
        with_experiment("joint_aware", channels=1024),
        with_experiment("baseline", channels=2048),
        with_experiment("wide", epochs=5),
        with_experiment("wide", batch_size=256),
        with_experiment("joint_aware", network=SimpleNamespace(filter_widths=[3, 3, 3])),
        with_preprocess(subset=0.1),
        with_preprocess(downsample=5),
        PAPER.model_copy(update={"experiments": {}}),
    ],
    ids=["narrow", "wide baseline", "short", "small batches", "short field", "a tenth", "10 fps", "nothing"],
)
def test_less_is_another_study(parameters):
    assert not is_paper_size(parameters, ACTIONS, ROOT / "paper")


def test_so_are_some_of_the_actions():
    assert not is_paper_size(PAPER, ["Walking", "Eating"], ROOT / "paper")


def test_ablations_and_networks_trained_elsewhere_do_not_count():
    assert is_paper_size(with_experiment("baseline", checkpoint="theirs.bin", channels=8), ACTIONS, ROOT / "paper")
    assert is_paper_size(with_experiment("wide_clips", channels=8), ACTIONS, ROOT / "paper")

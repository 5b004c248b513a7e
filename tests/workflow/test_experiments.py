"""What was tried, in a terminal: every change and every number can be read at any width."""

import io

import pandas as pd
import pytest

from workflow.experiments import listing

SHOWN = """Experiment,rev,typ,Created,State,Executor,joint_aware.MPJPE,joint_aware.MPJAE,wide.MPJPE,\
experiments.joint_aware.losses.velocity,experiments.wide.channels,seeds
,workspace,baseline,,,,459.887,2.5,400.0,5.0,4,[0]
,main,baseline,2026-11-27T01:35:03,,,459.9,2.49,400.0,20.0,4,[0]
lated-hops,eb18fba,branch_base,2026-11-27T01:35:55,Success,Dvc-task,461.25,2.333,400.0,2.0,4,[0]
,0f3c2aa,branch_base,2026-11-27T01:36:55,Running,dvc-task,,,,2.0,6,"[0, 1]"
"""


@pytest.fixture
def table() -> pd.DataFrame:
    return pd.read_csv(io.StringIO(SHOWN.replace("\\\n", "")), dtype=str, keep_default_na=False)


def test_each_experiment_is_told_by_what_it_changed_of_its_commit(table):
    lines = list(listing(table, 120))
    assert lines[:4] == [
        "workspace",
        "main",
        "  lated-hops  joint_aware.losses.velocity=2.0",
        "  0f3c2aa  running  joint_aware.losses.velocity=2.0, wide.channels=6, seeds=[0, 1]",
    ]
    assert lines[5].split() == ["joint_aware.MPJPE", "joint_aware.MPJAE", "wide.MPJPE"]
    assert lines[8].split() == ["lated-hops", "461.25", "2.33", "400.00"]
    assert lines[9].split() == ["0f3c2aa"]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal_and_nothing_is_left_out(table, width):
    lines = list(listing(table, width))
    assert max(map(len, lines)) <= width
    words = " ".join(lines).replace(",", " ").split()
    assert {"joint_aware.losses.velocity=2.0", "wide.channels=6", "461.25", "2.33", "joint_aware.MPJAE"} <= set(words)
    assert words.count("459.89") == 1


def test_where_nothing_was_tried_the_commits_are_listed(table):
    assert list(listing(table.iloc[:2][["rev", "Created"]], 80)) == ["workspace", "main"]

"""claims.yaml: complete, in words, and every mistake in it is named."""

import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jointaware.analysis.claims import KINDS, read_claims
from jointaware.analysis.findings import FINDERS
from jointaware.artifacts.metrics import METRICS
from jointaware.errors import InputError
from jointaware.mocap.sources import SOURCES
from tests.house import ROOT

CLAIMS = ROOT / "paper/claims.yaml"


@pytest.fixture(scope="module")
def content():
    return read_claims(CLAIMS)


def test_the_claims_are_those_of_the_design(content):
    says = {name: claim.says for name, claim in content.claims.items()}
    assert says["velocity"] == "Joint-aware training of 2048 channels lowers MPJVE by 7 % against VideoPose3D"
    assert (
        says["position_at_equal_width"] == "Joint-aware training does not raise MPJPE by more than 1 % at equal width"
    )
    assert says["position_2_by_width"].endswith("changes P-MPJPE by no more than 1 % against VideoPose3D")
    assert says["acceleration_against_filter"].startswith("Joint-aware training lowers MPJAE against VideoPose3D with")
    assert says["protocol_3"] == "Joint-aware training reaches 44.2 mm N-MPJPE"
    assert {"complexity", "hour_an_epoch", "velocity_in_every_action"} <= set(says)


def test_whatever_is_compared_is_compared_by_every_metric(content):
    """P- and N-MPJPE too; the paper has no table by action of N-MPJPE."""
    compared: dict[tuple[str, str, tuple[str, str]], set[str]] = {}
    for claim in content.claims.values():
        if claim.kind.startswith("change"):
            compared.setdefault((claim.run, claim.against, claim.variants), set()).add(claim.metric)
    assert ("as_printed", "more_frames", ("raw", "raw")) in compared
    assert ("ours", "more_frames", ("raw", "smoothed")) in compared
    assert ("ours", "wide", ("raw", "learned")) in compared
    assert ("ours", "wide", ("learned", "learned")) in compared
    assert all(metrics == set(METRICS) for metrics in compared.values())


def test_every_claim_says_how_it_is_measured_and_where_it_can_be(content):
    assert set(content.kinds) == set(KINDS) == set(FINDERS)
    for claim in content.claims.values():
        assert claim.margin >= 0
        assert set(claim.testable_on) <= set(SOURCES)
    assert set(content.sources) == set(SOURCES) - {"h36m"}


def spoil(tmp_path: Path, group: dict | None = None, claim: dict | None = None) -> Path:
    """A copy whose first group, and its claim of velocity, are changed."""
    content = YAML(typ="safe", pure=True).load(CLAIMS.read_text())
    content["groups"][0] |= group or {}
    content["groups"][0]["claims"]["velocity"] |= claim or {}
    (tmp_path / "claims.yaml").write_text(json.dumps(content))
    return tmp_path / "claims.yaml"


@pytest.mark.parametrize(
    ("group", "claim", "words"),
    [
        ({"kind": "guess"}, {}, "expected groups of claims of the kinds change"),
        ({"run": "joint_aware"}, {}, "group 1.run: found joint_aware, expected one of baseline"),
        ({"run": "ablation"}, {}, "group 1.run: found ablation, expected one of baseline"),
        ({"extra": 1}, {}, "group 1: extra is missing or unknown"),
        ({"filter": "smoothed"}, {}, "group 1: filter is missing or unknown"),
        ({"kind": "change_from_filtered"}, {}, "group 1: filter is missing or unknown"),
        ({"kind": "change_when_filtered", "filter": "median"}, {}, "group 1.filter: found median, expected one of smo"),
        ({"margin": "small"}, {}, "expected groups of claims"),
        ({}, {"metric": "speed"}, "velocity.metric: found speed"),
        (
            {},
            {"published": "better"},
            "velocity.published: found 'better', expected a number with a decimal point or no",
        ),
        ({}, {"extra": 1}, "group 1.velocity: extra is missing or unknown"),
    ],
)
def test_an_invalid_claim_is_named(tmp_path, group, claim, words):
    with pytest.raises(InputError, match=words):
        read_claims(spoil(tmp_path, group, claim))


def test_a_name_stands_for_one_claim(tmp_path):
    content = YAML(typ="safe", pure=True).load(CLAIMS.read_text())
    content["groups"].append(content["groups"][0])
    (tmp_path / "claims.yaml").write_text(json.dumps(content))
    with pytest.raises(InputError, match="position: found twice"):
        read_claims(tmp_path / "claims.yaml")


def test_missing_claims_are_named(tmp_path):
    with pytest.raises(InputError, match=r"claims\.yaml"):
        read_claims(tmp_path / "claims.yaml")

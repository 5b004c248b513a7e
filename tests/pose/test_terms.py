"""The table of loss terms: every row holds what it says, and reading it is cheap."""

import subprocess
import sys

import pytest
import torch

from jointaware.pose.losses import Comparison
from jointaware.pose.terms import TERMS

KEYS = ["angle", "distance", "symmetry", "range_of_motion", "velocity", "acceleration", "angular_acceleration"]
PER_FRAME = {1: "", 2: "/frame", 3: "/frame²", 4: "/frame³"}
"""What the unit ends in, by the frames that a derivative needs."""


def compare(frames: int) -> Comparison:
    generator = torch.Generator().manual_seed(0)
    target = 0.3 * torch.randn(2, frames, 17, 3, generator=generator)
    return Comparison(target + 0.05 * torch.randn(target.shape, generator=generator), target)


def test_the_table_has_the_papers_seven_terms_in_its_order():
    assert [term for term in TERMS if term in KEYS] == KEYS


@pytest.mark.parametrize("term", TERMS)
def test_a_term_is_defined_from_its_number_of_frames_on(term):
    row = TERMS[term]
    for frames in (row.frames, row.frames + 2):
        difference = row.difference(compare(frames))
        assert difference.shape[:2] == (2, frames - row.frames + 1)
        assert difference.isfinite().all()
        assert difference.abs().max() > 0
    assert row.difference(compare(row.frames - 1)).numel() == 0


@pytest.mark.parametrize("term", TERMS)
def test_a_term_has_words_and_the_unit_of_its_derivative_along_frames(term):
    row = TERMS[term]
    assert row.words
    unit, slash, per = row.unit.partition("/")
    assert unit
    assert slash + per == PER_FRAME[row.frames]


def test_the_differences_share_what_they_have_in_common():
    comparison = compare(4)
    assert TERMS["distance"].difference(comparison) is comparison.distance
    assert comparison.angle is comparison.angle


def test_reading_the_table_does_not_import_torch():
    code = "import sys, jointaware.pose.terms; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

"""Normalisations of keypoints, as networks declare them."""

import pytest
import torch

from jointaware.pose.inference.normalisation import NORMALISATIONS
from tests.video.written import SIZE, keypoints

HIPS = (11, 12)
PIXELS = torch.from_numpy(keypoints(20)[..., :2])


def test_screen_coordinates_are_those_of_training():
    corners = torch.tensor([[[0.0, 0.0], [1280.0, 720.0]]])
    found = NORMALISATIONS["screen"].normalise(corners, SIZE, HIPS)
    torch.testing.assert_close(found, torch.tensor([[[-1.0, -0.5625], [1.0, 0.5625]]]))


def test_by_person_neither_place_nor_scale_matter():
    by_person = NORMALISATIONS["person"].normalise
    moved = 2.5 * PIXELS + torch.tensor([300.0, -40.0])
    torch.testing.assert_close(by_person(moved, (4000, 3000), HIPS), by_person(PIXELS, SIZE, HIPS), atol=1e-5, rtol=0)


def test_by_person_the_root_is_at_the_origin():
    found = NORMALISATIONS["person"].normalise(PIXELS, SIZE, HIPS)
    assert found[:, HIPS].mean(dim=1).abs().max() < 1e-5


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_a_frame_is_normalised_by_itself(name):
    """So that a stream and a whole video are lifted alike."""
    normalise = NORMALISATIONS[name].normalise
    one_by_one = torch.stack([normalise(frame, SIZE, HIPS) for frame in PIXELS])
    torch.testing.assert_close(one_by_one, normalise(PIXELS, SIZE, HIPS), atol=0, rtol=0)


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_a_person_in_one_point_is_finite(name):
    assert NORMALISATIONS[name].normalise(torch.zeros(1, 17, 2), SIZE, HIPS).isfinite().all()

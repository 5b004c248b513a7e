"""Cameras: equal to VideoPose3D's, invertible, and by hand."""

import math

import pytest
import torch

from jointaware.pose import camera


@pytest.fixture
def cameras(reference):
    return reference("camera")


def test_world_to_camera_equals_videopose3d_for_every_subject_and_camera(cameras):
    orientation, translation = (cameras.tensor(name)[:, :, None, None] for name in ("orientation", "translation"))
    found = camera.world_to_camera(cameras.tensor("world"), orientation, translation)
    torch.testing.assert_close(found, cameras.tensor("camera_points"), rtol=0, atol=1e-6)


def test_camera_to_world_inverts_world_to_camera(cameras):
    world = cameras.tensor("world", torch.float64)
    pose = [cameras.tensor(name, torch.float64)[:, :, None, None] for name in ("orientation", "translation")]
    back = camera.camera_to_world(camera.world_to_camera(world, *pose), *pose)
    torch.testing.assert_close(back, world.expand_as(back), rtol=0, atol=1e-5)


def test_camera_to_world_equals_videopose3d(cameras):
    rows = [list(cameras["subjects"]).index(subject) for subject in cameras["selected"]]
    pose = [cameras.tensor(name)[rows][:, :, None, None] for name in ("orientation", "translation")]
    back = camera.camera_to_world(cameras.tensor("camera_points")[rows], *pose)
    torch.testing.assert_close(back, cameras.tensor("world_roundtrip"), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["project", "project_linear"])
def test_projection_equals_videopose3d(cameras, name):
    project = getattr(camera, name)
    rows = [list(cameras["subjects"]).index(subject) for subject in cameras["selected"]]
    intrinsics = cameras.tensor("intrinsic")[rows][:, :, None, None]
    found = project(cameras.tensor("camera_points")[rows], intrinsics)
    torch.testing.assert_close(found, cameras.tensor(name.replace("project", "project_2d")), rtol=0, atol=1e-6)
    found = project(cameras.tensor("clamp_points"), cameras.tensor("intrinsic")[0, cameras["clamp_camera"]][:, None])
    expected = cameras.tensor(name.replace("project", "clamp_project_2d"))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)


def test_screen_coordinates_equal_videopose3d_and_are_invertible(cameras):
    for row, (width, height) in enumerate(cameras["screen_resolution"].tolist()):
        pixels = cameras.tensor("screen_pixels", torch.float64)[row]
        screen = camera.normalize_screen(pixels, width, height)
        torch.testing.assert_close(screen, cameras.tensor("screen_normalized")[row], rtol=0, atol=1e-6)
        back = camera.image_coordinates(screen, width, height)
        torch.testing.assert_close(back, cameras.tensor("screen_pixels_inverse")[row], rtol=0, atol=1e-3)
        torch.testing.assert_close(back, pixels)


def test_a_quarter_turn_by_hand():
    half = math.radians(90) / 2
    about_z = torch.tensor([math.cos(half), 0.0, 0.0, math.sin(half)])
    torch.testing.assert_close(camera.rotate(torch.tensor([1.0, 0.0, 0.0]), about_z), torch.tensor([0.0, 1.0, 0.0]))


def test_the_image_centre_is_the_origin_of_screen_coordinates():
    middle = camera.normalize_screen(torch.tensor([500.0, 501.0]), 1000, 1002)
    torch.testing.assert_close(middle, torch.zeros(2))

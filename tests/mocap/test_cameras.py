"""The calibrated cameras of Human3.6M."""

import numpy as np

from jointaware.mocap.cameras import CAMERAS, load_cameras


def test_calibrations_equal_those_of_videopose3d(reference):
    arrays, cameras = reference("camera"), load_cameras()
    assert list(cameras) == arrays["subjects"].tolist()
    for row, subject in enumerate(cameras.values()):
        assert tuple(subject) == CAMERAS
        for column, camera in enumerate(subject.values()):
            assert (camera.width, camera.height) == tuple(arrays["resolution"][column])
            np.testing.assert_allclose(camera.intrinsics, arrays["intrinsic"][row, column], rtol=0, atol=1e-6)
            np.testing.assert_allclose(camera.translation, arrays["translation"][row, column], rtol=0, atol=1e-6)
            np.testing.assert_array_equal(camera.orientation, arrays["orientation"][row, column])
            focal, centre = (arrays[f"raw_{name}_px"][column] for name in ("focal", "center"))
            np.testing.assert_allclose(camera.intrinsics[:2] * camera.width / 2, focal, rtol=1e-6)
            middle = np.array([camera.width, camera.height]) / 2
            np.testing.assert_allclose(camera.intrinsics[2:4] * camera.width / 2 + middle, centre, rtol=1e-6)
            np.testing.assert_allclose(camera.translation * 1000, arrays["raw_translation_mm"][row, column], rtol=1e-6)

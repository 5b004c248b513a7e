"""Learning rate and batch norm momentum, against what VideoPose3D's script sets."""

import pytest

from pose.schedules import batch_norm_momentum, learning_rate


@pytest.mark.parametrize("epochs", [60, 80])
def test_schedules_equal_videopose3d(reference, epochs):
    arrays = reference("train_schedule")
    rates = [learning_rate(epoch, first=1e-3, decay=0.95) for epoch in range(epochs)]
    momenta = [batch_norm_momentum(epoch, epochs=epochs, first=0.1, last=0.001) for epoch in range(epochs)]
    assert rates == pytest.approx(arrays[f"epochs{epochs}/lr"].tolist(), rel=1e-12)
    assert momenta == pytest.approx(arrays[f"epochs{epochs}/bn_momentum"].tolist(), rel=1e-12)

"""Learning rate and batch norm momentum: equal to those of VideoPose3D's training script."""

import pytest

from jointaware.training.schedules import batch_norm_momentum, learning_rate


@pytest.mark.parametrize("epochs", [60, 80])
def test_schedules_equal_videopose3d(reference, epochs):
    arrays = reference("train_schedule")
    rates = [learning_rate(epoch, first=1e-3, decay=0.95) for epoch in range(epochs + 1)]
    momenta = [batch_norm_momentum(epoch, epochs=epochs, first=0.1, last=0.001) for epoch in range(epochs + 1)]
    for found, name in ((rates, "lr"), (momenta, "bn_momentum")):
        after_last = float(arrays[f"epochs{epochs}/{name}_after_last"])
        assert found == pytest.approx([*arrays[f"epochs{epochs}/{name}"], after_last], rel=1e-12)

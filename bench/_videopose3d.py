"""VideoPose3D from the user's own clone, driven as its run.py does; none of its code is here."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

RATE, DECAY = 1e-3, 0.95
LEFT, RIGHT = [4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]
FLIP = {"kps_left": LEFT, "kps_right": RIGHT, "joints_left": LEFT, "joints_right": RIGHT}


class VideoPose3D:
    """Its networks, its generators and its metrics."""

    def __init__(self, clone: Path) -> None:
        if not (clone / "common/model.py").is_file():
            raise SystemExit(f"--videopose3d: found no {clone}/common/model.py, expected a clone of VideoPose3D")
        sys.path.insert(0, str(clone))
        from common import generators, loss, model  # type: ignore[import-not-found]

        self.generators, self.loss, self.model = generators, loss, model

    def trainer(self, widths: list[int], channels: int, device: str = "cpu") -> SimpleNamespace:
        """Its single-frame network with its optimiser."""
        network = self.model.TemporalModelOptimized1f(17, 2, 17, filter_widths=widths, channels=channels).to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE, amsgrad=True)
        return SimpleNamespace(network=network.train(), optimizer=optimizer, device=device)

    def step(self, trainer: SimpleNamespace, keypoints: torch.Tensor, joints: torch.Tensor) -> float:
        """One optimiser step; the loss is read back, as there."""
        trainer.optimizer.zero_grad()
        loss = self.loss.mpjpe(trainer.network(keypoints), joints)
        loss.backward()
        trainer.optimizer.step()
        return loss.item()

    def generator(self, keypoints: list[np.ndarray], joints: list[np.ndarray], size: int, pad: int) -> Any:
        """What gives batches of single frames, mirrored ones among them."""
        return self.generators.ChunkedGenerator(size, None, joints, keypoints, 1, pad=pad, augment=True, **FLIP)

    def evaluated(self, state: dict[str, torch.Tensor], widths: list[int], channels: int) -> torch.nn.Module:
        """Its network for whole sequences, with these weights."""
        network = self.model.TemporalModel(17, 2, 17, filter_widths=widths, channels=channels)
        network.load_state_dict(state)
        return network.eval()

    @torch.no_grad()
    def evaluate(
        self, network: torch.nn.Module, keypoints: list[np.ndarray], joints: list[np.ndarray], pad: int
    ) -> int:
        """Lift all sequences with flip averaging and score them by its four metrics; returns the frames."""
        generator = self.generators.UnchunkedGenerator(None, joints, keypoints, pad=pad, augment=True, **FLIP)
        frames = 0
        for _, batch_joints, batch_keypoints in generator.next_epoch():
            predicted = network(torch.from_numpy(batch_keypoints.astype("float32")))
            predicted[1, :, :, 0] *= -1
            predicted[1, :, LEFT + RIGHT] = predicted[1, :, RIGHT + LEFT]
            predicted = predicted.mean(dim=0, keepdim=True)
            true = torch.from_numpy(batch_joints.astype("float32"))[:1]
            self.loss.mpjpe(predicted, true)
            self.loss.n_mpjpe(predicted, true)
            arrays = (predicted[0].numpy(), true[0].numpy())
            self.loss.p_mpjpe(*arrays)
            self.loss.mean_velocity_error(*arrays)
            frames += len(arrays[0])
        return frames

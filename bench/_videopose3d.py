"""VideoPose3D from the user's own clone, called as its run.py does; this file contains none of its code."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

LEARNING_RATE = 1e-3
LEFT, RIGHT = [4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]
FLIP = {"kps_left": LEFT, "kps_right": RIGHT, "joints_left": LEFT, "joints_right": RIGHT}


@dataclass(frozen=True)
class PeerTrainer:
    """VideoPose3D's network in training mode, and its optimiser."""

    network: torch.nn.Module
    optimizer: torch.optim.Optimizer


class VideoPose3D:
    """Networks, batch generators and metrics of a clone of VideoPose3D."""

    def __init__(self, clone: Path) -> None:
        if not (clone / "common/model.py").is_file():
            raise SystemExit(f"--videopose3d: found no {clone}/common/model.py, expected a clone of VideoPose3D")
        sys.path.insert(0, str(clone))
        self.generators, self.loss, self.model = (
            import_module(f"common.{name}") for name in ("generators", "loss", "model")
        )

    def trainer(self, widths: list[int], channels: int, device: str = "cpu") -> PeerTrainer:
        """Its network for single frames, with its optimiser."""
        network = self.model.TemporalModelOptimized1f(17, 2, 17, filter_widths=widths, channels=channels).to(device)
        optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE, amsgrad=True)
        return PeerTrainer(network.train(), optimizer)

    def step(self, trainer: PeerTrainer, keypoints: torch.Tensor, joints: torch.Tensor) -> float:
        """Take one optimiser step; returns the loss, which run.py reads back as well.

        keypoints: (batch, receptive field, 17, 2). joints: (batch, 1, 17, 3).
        """
        trainer.optimizer.zero_grad()
        loss = self.loss.mpjpe(trainer.network(keypoints), joints)
        loss.backward()
        trainer.optimizer.step()
        return float(loss.item())

    def generator(self, keypoints: list[np.ndarray], joints: list[np.ndarray], size: int, pad: int) -> Any:
        """Generator of batches of `size` single frames, with flip augmentation; pad: frames before and after."""
        return self.generators.ChunkedGenerator(size, None, joints, keypoints, 1, pad=pad, augment=True, **FLIP)

    def evaluated(
        self, state: dict[str, torch.Tensor], widths: list[int], channels: int, *, causal: bool = False
    ) -> torch.nn.Module:
        """Its network for whole sequences, with these weights, in evaluation mode."""
        network = self.model.TemporalModel(17, 2, 17, filter_widths=widths, causal=causal, channels=channels)
        network.load_state_dict(state)
        return network.eval()

    @torch.no_grad()
    def evaluate(
        self, network: torch.nn.Module, keypoints: list[np.ndarray], joints: list[np.ndarray], pad: int
    ) -> None:
        """Lift all sequences with flip averaging and compute its four metrics."""
        generator = self.generators.UnchunkedGenerator(None, joints, keypoints, pad=pad, augment=True, **FLIP)
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

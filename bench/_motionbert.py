"""MotionBERT from the user's own clone, called as its train.py does; this file contains none of its code."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor

from bench._videopose3d import PeerTrainer
from jointaware.artifacts.networks import SpatiotemporalTransformer

EPS, LEARNING_RATE, WEIGHT_DECAY = 1e-6, 2e-4, 0.01
WEIGHTS = {
    "loss_mpjpe": 1.0,
    "n_mpjpe": 0.5,
    "loss_velocity": 20.0,
    "loss_limb_var": 0.0,
    "loss_limb_gt": 0.0,
    "loss_angle": 0.0,
    "loss_angle_velocity": 0.0,
}
"""Its losses with their weights in configs/pose3d/MB_train_h36m.yaml; it computes those of weight 0 as well."""


class MotionBERT:
    """Networks and losses of a clone of MotionBERT."""

    def __init__(self, clone: Path) -> None:
        if not (clone / "lib/model/DSTformer.py").is_file():
            raise SystemExit(f"--motionbert: found no {clone}/lib/model/DSTformer.py, expected a clone of MotionBERT")
        sys.path.insert(0, str(clone))
        self.model, self.loss = (import_module(f"lib.model.{name}") for name in ("DSTformer", "loss"))

    def trainer(self, settings: SpatiotemporalTransformer, channels: int, device: torch.device) -> PeerTrainer:
        """Its network of the same size, with its optimiser."""
        network = self.model.DSTformer(
            dim_in=3,
            dim_out=3,
            dim_feat=channels,
            dim_rep=channels,
            depth=settings.depth,
            num_heads=settings.heads,
            mlp_ratio=settings.mlp_ratio,
            maxlen=settings.frames,
            norm_layer=partial(torch.nn.LayerNorm, eps=EPS),
        ).to(device)
        optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        return PeerTrainer(network.train(), optimizer)

    def step(
        self, trainer: PeerTrainer, keypoints: Tensor, joints: Tensor, weights: Mapping[str, float]
    ) -> list[float]:
        """Take one optimiser step; returns the losses, which train.py reads back as well.

        keypoints: (clips, frames, 17, 3), the third the confidence. joints: (clips, frames, 17, 3). weights: of its
            losses, as in `WEIGHTS`.
        """
        predicted = trainer.network(keypoints)
        trainer.optimizer.zero_grad()
        losses = {}
        for name in weights:
            compared = (predicted,) if name == "loss_limb_var" else (predicted, joints)
            losses[name] = getattr(self.loss, name)(*compared)
        total = sum(weight * losses[name] for name, weight in weights.items())
        values = [float(loss.item()) for loss in (*losses.values(), total)]
        total.backward()
        trainer.optimizer.step()
        return values

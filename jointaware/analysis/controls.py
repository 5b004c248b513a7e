"""What an experiment with losses is compared with, to tell what the losses alone do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNLIKE = ("role", "losses", "clips", "clip_frames", "extra_frames", "distance", "warm_up_epochs")
"""Settings in which an experiment may differ from its control."""


def closest_control(experiment: str, settings: Mapping[str, Mapping[str, Any]]) -> str:
    """The experiment without losses that is otherwise most alike: of the same network; empty if there is none.

    settings: what each experiment is trained with, by name; the control is one of them.
    """
    ours = settings[experiment]
    alike = {}
    for name, other in settings.items():
        differing = {key for key in {**ours, **other} if ours.get(key) != other.get(key)}
        if not other.get("losses") and differing <= set(UNLIKE):
            alike[name] = len(differing)
    return min(alike, key=lambda name: alike[name], default="")

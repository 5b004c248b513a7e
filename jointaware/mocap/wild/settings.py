"""The parameters of made-up views, the section `preprocess.wild`. This module stays light: it imports no NumPy."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from jointaware.mocap.sources import Settings


def _described(words: str, *, unit: str = "", **limits: Any) -> Any:
    return Field(description=words, json_schema_extra={"unit": unit} if unit else None, **limits)


class Wild(Settings):
    """Made-up views: how many, from where, of which bodies, and what a detector gets wrong."""

    layout: Literal["coco", "h36m"] = _described("Keypoints that the detector finds: COCO's 17, or Human3.6M's joints.")
    views: int = _described(
        "Views of a piece of a training take, each of another body by another camera.", ge=1, le=10**5
    )
    test_views: int = _described("Views of a piece of any other take.", ge=1, le=10**5)
    seconds: float = _described("Longest piece of a take that a camera sees.", unit="seconds", gt=0, le=10**4)
    nearest: float = _described("Least distance of a camera from a piece's middle.", unit="metres", ge=0.5, le=100)
    farthest: float = _described("Largest distance.", unit="metres", ge=0.5, le=100)
    lowest: float = _described("Least height of a camera above the floor.", unit="metres", ge=-100, le=100)
    highest: float = _described("Largest height.", unit="metres", ge=-100, le=100)
    roll: float = _described("Standard deviation of a camera's roll.", unit="degrees", ge=0, le=180)
    proportions: float = _described(
        "Standard deviation of the logarithm of the length of each bone, left and right alike.", ge=0, le=1
    )
    posture: float = _described(
        "Standard deviation of constant turns of a body's arms, and half of it of its legs, trunk and head.",
        unit="degrees",
        ge=0,
        le=90,
    )
    misplacement: float = _described(
        "Standard deviation of the constant offset of each keypoint from its place on the body, in each direction.",
        unit="metres",
        ge=0,
        le=1,
    )
    noise_spread: float = _described(
        "Standard deviation of the logarithm of the detector's noise from view to view; preprocess.detector has the "
        "noise itself, for people about 500 pixels tall.",
        ge=0,
        le=3,
    )
    lost_probability: float = _described(
        "Probability per frame that a keypoint, a limb or everything starts to be lost.", ge=0, le=1
    )
    swap_probability: float = _described(
        "Probability per frame that left and right of arms, legs or everything start to be exchanged.", ge=0, le=1
    )
    seed: int = _described("Seed of the views.", ge=0, le=2**32 - 1)

    @model_validator(mode="after")
    def _fits(self) -> Wild:
        for least, most in (("nearest", "farthest"), ("lowest", "highest")):
            if (found := getattr(self, most)) < (expected := getattr(self, least)):
                raise PydanticCustomError("contradiction", f"{most}: found {found}, expected at least {expected}")
        return self

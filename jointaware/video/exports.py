"""The table of exports: one row for each form that a lifted motion is written in, beside the .npz.

A new one is one module with a function `write`, and one row. Modules are named, not imported, so that a library that
one of them needs is asked for only where it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.video.lifted import Lifted


@dataclass(frozen=True)
class Export:
    """A form. words: what it is, with unit and axes. module: where its function `write` is. suffix: of its file.

    is_rigid: whether it can hold only bones of constant length.
    """

    words: str
    module: str
    suffix: str
    is_rigid: bool = False


EXPORTS = {
    "trc": Export("OpenSim's markers: millimetres, y up, on the floor", "jointaware.video.trc", ".trc"),
    "c3d": Export("C3D points: millimetres, z up, on the floor (needs ezc3d)", "jointaware.video.c3d", ".c3d"),
    "bvh": Export(
        "BVH for Blender and the like: metres, y up, on the floor; bones get constant lengths, in all outputs",
        "jointaware.video.bvh",
        ".bvh",
        is_rigid=True,
    ),
    "mp4": Export("film of the 2D beside the 3D (needs imageio-ffmpeg)", "jointaware.video.film", ".mp4"),
    "gif": Export("the same as GIF", "jointaware.video.film", ".gif"),
    "svg": Export("a small moving picture of the same, for a web page", "jointaware.video.picture", ".svg"),
    "page": Export("the report's player as one offline page", "jointaware.video.page", ".html"),
}
"""Forms by their option of `jointaware lift`."""


class Write(Protocol):
    """Write a motion to a file."""

    def __call__(self, path: Path, take: Lifted) -> None:
        """path: whose suffix is that of the form."""
        ...


def export(form: str, path: Path, take: Lifted) -> None:
    """Write a motion in one form, atomically."""
    write: Write = resolve_name(f"{EXPORTS[form].module}:write")
    with writing(path) as temporary:
        try:
            write(temporary, take)
        except ImportError as error:
            package = (error.name or "").replace("_", "-")
            raise InputError(f"--{form}: needs a package that is not installed: pip install {package}") from error

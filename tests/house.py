"""The tree that the house tests look at."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("jointaware", "stages", "workflow")
CODE = ("jointaware", "stages")
"""Packages whose files are dependencies of stages."""


def code_files() -> list[Path]:
    """Every Python file of the packages."""
    return [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]

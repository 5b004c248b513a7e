"""Packages of the wheel, which pyproject.toml alone cannot say: networks/ goes into jointaware."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["jointaware*"]), "jointaware.networks"],
    package_dir={"jointaware.networks": "networks"},
)

"""Fixtures that every room's tests use."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

import stages as stages  # sets the number of threads before PyTorch is loaded
from tests import tiny, tiny_checkout
from tests.small import sequences as sequences

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the long modules, so that no process is left alone with one; `reproduced` is made meanwhile."""
    first = ("test_smoke.py", "test_human36m.py", "test_aggregate.py", "test_snakemake_run.py")
    items.sort(key=lambda item: first.index(item.path.name) if item.path.name in first else len(first))


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """Name of this process among those of pytest-xdist; "master" without it."""
    return getattr(request.config, "workerinput", {"workerid": "master"})["workerid"]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The workplace's folder of real motion beside the checkout, which a user's clone does not have."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here: real motion is tested where it is")
    return folder


class Reference:
    """Arrays computed by running other code: README.md in tests/reference/<peer> says what each is."""

    def __init__(self, name: str, peer: str = "videopose3d") -> None:
        with np.load(ROOT / "tests/reference" / peer / f"{name}.npz", allow_pickle=False) as file:
            self.arrays = dict(file)

    def __getitem__(self, key: str) -> np.ndarray:
        return self.arrays[key]

    def tensor(self, key: str, dtype: torch.dtype | None = None) -> torch.Tensor:
        """One array as a tensor."""
        return torch.from_numpy(self.arrays[key]).to(dtype)

    def state(self, prefix: str = "state") -> dict[str, torch.Tensor]:
        """A state dictionary, by the names of the other code."""
        keys = [key for key in self.arrays if key.startswith(f"{prefix}/")]
        return {key.removeprefix(f"{prefix}/"): self.tensor(key) for key in keys}


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Reference]:
    """Opens one of the reference files by name."""
    return functools.cache(Reference)


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id) -> Callable[[str, Callable[[Path], None]], Path]:
    """Fill a folder by a function, once for all processes of pytest-xdist."""
    base = tmp_path_factory.getbasetemp()
    shared_base = base if worker_id == "master" else base.parent

    def once(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = shared_base / name, shared_base / f"{name}.done"
        with FileLock(shared_base / f"{name}.lock"):
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                fill(folder)
                done.touch()
        return folder

    return once


@pytest.fixture(scope="session")
def finished(once) -> Path:
    """A folder in which the tiny pipeline ran up to its tables; tests that change it copy it."""

    def fill(folder: Path) -> None:
        tiny.lay_out(folder)
        tiny.run_everything(folder)

    return once("finished", fill)


@pytest.fixture(scope="session")
def reproduced(once) -> Path:
    """A tiny checkout whose results, made by `dvc repro`, are committed; tests that change it copy it."""
    return once("reproduced", tiny_checkout.reproduce)


@pytest.fixture
def checkout(finished, tmp_path, monkeypatch) -> Path:
    """A copy of it to spoil, as the working folder."""
    shutil.copytree(finished, tmp_path / "checkout")
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"

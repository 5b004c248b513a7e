"""Fixtures that every room's tests use."""

import functools
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock

from tests import tiny
from tests.small import sequences as sequences

ROOT = Path(__file__).parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest module: what starts last alone keeps the other processes waiting."""
    items.sort(key=lambda item: item.path.name != "test_smoke.py")


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
    """Arrays computed by running VideoPose3D; tests/reference/videopose3d/README.md says what each is."""

    def __init__(self, name: str) -> None:
        with np.load(ROOT / "tests/reference/videopose3d" / f"{name}.npz", allow_pickle=False) as file:
            self.arrays = dict(file)

    def __getitem__(self, key: str) -> np.ndarray:
        return self.arrays[key]

    def tensor(self, key: str, dtype: torch.dtype | None = None) -> torch.Tensor:
        """One array as a tensor."""
        return torch.from_numpy(self.arrays[key]).to(dtype)

    def state(self, prefix: str = "state") -> dict[str, torch.Tensor]:
        """A VideoPose3D state dictionary."""
        keys = [key for key in self.arrays if key.startswith(f"{prefix}/")]
        return {key.removeprefix(f"{prefix}/"): self.tensor(key) for key in keys}


@pytest.fixture(scope="session")
def reference() -> Callable[[str], Reference]:
    """Opens one of the reference files by name."""
    return functools.cache(Reference)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, worker_id) -> Path:
    """A folder in which the tiny pipeline ran up to its tables; tests that change it copy it."""
    base = tmp_path_factory.getbasetemp()
    shared_base = base if worker_id == "master" else base.parent  # of all processes of pytest-xdist
    folder = shared_base / "finished"
    with FileLock(shared_base / "finished.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            tiny.lay_out(folder)
            tiny.run_everything(folder)
            (folder / "done").touch()
    return folder


@pytest.fixture
def checkout(finished, tmp_path, monkeypatch) -> Path:
    """A copy of it to spoil, as the working folder."""
    shutil.copytree(finished, tmp_path / "checkout")
    monkeypatch.chdir(tmp_path / "checkout")
    return tmp_path / "checkout"

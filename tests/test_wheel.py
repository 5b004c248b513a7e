"""The package for others: built as a wheel, installed into a fresh environment, used in a foreign folder."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tests.house import ROOT

USE = """
from pathlib import Path

import numpy as np
import torch

from jointaware.mocap.arrays import read_take
from jointaware.mocap.cameras import CAMERAS, load_cameras
from jointaware.pose.losses import TERMS, joint_aware_loss
from jointaware.pose.metrics import mpjpe
from jointaware.pose.network import TemporalNetwork

true = torch.zeros(4, 17, 3)
assert torch.allclose(mpjpe(true + torch.tensor([0.003, 0.004, 0.0]), true), torch.full((4,), 0.005))

rng = torch.Generator().manual_seed(0)
target = torch.rand(2, 4, 17, 3, generator=rng)
noise = torch.rand(2, 4, 17, 3, generator=rng)
loss, terms = joint_aware_loss(target + noise, target, dict.fromkeys(TERMS, 1.0))
assert set(terms) == set(TERMS)
assert float(loss) > 0

network = TemporalNetwork([3, 3], 8).eval()
assert network(torch.zeros(1, 11, 17, 2)).shape == (1, 3, 17, 3)

Path("P1").mkdir()
np.savez("P1/Walking.npz", joints=np.tile(0.2 * target[0, :1].numpy(), (12, 1, 1)), fps=50.0)
take = read_take(Path("P1/Walking.npz"))
assert (take.subject, take.action, take.joints.shape) == ("P1", "Walking", (12, 17, 3))
assert all(set(cameras) == set(CAMERAS) for cameras in load_cameras().values())

import jointaware

package = Path(jointaware.__file__).parent
assert (package / "py.typed").is_file()
print(package)
"""


def run(folder: Path, *command: str | Path, **environment: str) -> str:
    """Run a command in a folder, without the paths that tests put on Python's; returns what it printed."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a copy of the files that git knows."""
    folder = tmp_path_factory.mktemp("wheel")
    files = run(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in files:
        if name.startswith(("jointaware/", "networks/", "stages/", "workflow/")) or "/" not in name:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    run(folder, sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", "dist", ".")
    (built,) = (folder / "dist").glob("*.whl")
    return built


def test_the_package_and_its_data_are_in_the_wheel_and_nothing_else(wheel):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    rooms = ("jointaware", "networks")
    files = run(ROOT, "git", "ls-files", "--cached", "--others", "--exclude-standard", *rooms).splitlines()
    inside = {name: f"jointaware/{name}" if name.startswith("networks/") else name for name in files}
    assert names == {inside[name] for name in files if (ROOT / name).is_file()}


def test_a_fresh_environment_imports_it_and_measures_trains_and_reads(wheel, tmp_path):
    """Dependencies come from this environment by a .pth file: they need no network."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = tmp_path / "venv/bin/python"
    site = Path(run(tmp_path, python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    options = ("--no-deps", "--no-index", "--quiet", "--target", str(site))
    run(tmp_path, sys.executable, "-m", "pip", "install", *options, str(wheel))
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    package = Path(run(foreign, python, "-c", USE, OMP_NUM_THREADS="1").strip())
    assert package == site / "jointaware"
    take = ROOT / "tests/reference/real-video/cam01.npz"
    page = run(foreign, python, "-m", "jointaware", "lift", take, "--out", "lifted", "--page")
    assert page.splitlines()[-1] == "lifted/cam01.html"


def test_the_wheel_has_the_command(wheel):
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("entry_points.txt"))
        assert "jointaware = jointaware.__main__:main" in file.read(name).decode()

"""Keypoints from a video: MediaPipe where it is installed, and a stand-in for it where it is not."""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from jointaware.__main__ import main
from jointaware.errors import InputError
from jointaware.mocap.keypoints.loading import read_video
from jointaware.mocap.keypoints.video import Told
from jointaware.video import detect
from workflow.networks.real_video import FOLDER

WIDTH, HEIGHT, FPS = 64, 32, 25.0
DEMO = "Demo_SinglePerson/videos/cam01.mp4"
pytestmark = pytest.mark.filterwarnings(  # imageio-ffmpeg leaves the pipes of an ffmpeg that has ended to the collector
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


def film(path: Path, shades: list[int]) -> Path:
    """A video of plain pictures."""
    import imageio_ffmpeg

    writer = imageio_ffmpeg.write_frames(str(path), (WIDTH, HEIGHT), fps=FPS, macro_block_size=2)
    writer.send(None)
    for shade in shades:
        writer.send(np.full((HEIGHT, WIDTH, 3), shade, np.uint8))
    writer.close()
    return path


class BrightPerson:
    """MediaPipe's interface, of a detector that takes what is bright for a person in the middle."""

    def __init__(self, model_complexity: int) -> None:
        assert model_complexity == 1

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None: ...

    def process(self, picture: np.ndarray):
        assert picture.shape == (HEIGHT, WIDTH, 3)
        if picture.mean() < 100:
            return SimpleNamespace(pose_landmarks=None)
        points = [SimpleNamespace(x=0.5, y=0.25 + number / 100, visibility=0.9) for number in range(33)]
        return SimpleNamespace(pose_landmarks=SimpleNamespace(landmark=points))


@pytest.fixture
def detector(monkeypatch):
    pytest.importorskip("imageio_ffmpeg", reason="reads and writes videos")
    module = ModuleType("mediapipe.python.solutions.pose")
    module.Pose = BrightPerson
    for name in ("mediapipe", "mediapipe.python", "mediapipe.python.solutions"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, module.__name__, module)


def test_every_frame_keeps_its_place_and_lost_ones_are_lost(detector, tmp_path, capsys):
    path = film(tmp_path / "film.mp4", [200, 200, 0, 200])
    main(["detect", str(path), "--out", str(tmp_path / "film.npz")])
    assert capsys.readouterr().out == f"{tmp_path}/film.npz\n"
    video = read_video(tmp_path / "film.npz", Told(), None)
    assert (video.fps, video.size, video.layout.name) == (FPS, (WIDTH, HEIGHT), "mediapipe33")
    [person] = video.people
    assert person.lost.tolist() == [False, False, True, False]
    np.testing.assert_allclose(person.keypoints[0, :2], [[32, 8], [32, 8.32]], atol=1e-4)


@pytest.mark.parametrize("shades", [[0, 0, 0]])
def test_a_video_without_a_person_is_refused(detector, tmp_path, shades):
    with pytest.raises(InputError, match="found no person in any frame"):
        detect.main([str(film(tmp_path / "film.mp4", shades)), "--out", str(tmp_path / "film.npz")])
    assert not (tmp_path / "film.npz").exists()


def test_what_is_no_video_is_refused(detector, tmp_path):
    (tmp_path / "film.mp4").write_text("no film")
    with pytest.raises(InputError, match=r"film\.mp4: expected a video that ffmpeg reads; found .*Invalid data"):
        detect.main([str(tmp_path / "film.mp4"), "--out", str(tmp_path / "film.npz")])
    with pytest.raises(InputError, match=r"other\.mp4: missing, expected a video"):
        detect.main([str(tmp_path / "other.mp4"), "--out", str(tmp_path / "film.npz")])


@pytest.mark.skipif(find_spec("mediapipe") is not None, reason="MediaPipe is installed")
def test_without_mediapipe_its_installation_is_named(tmp_path):
    (tmp_path / "film.mp4").write_text("")
    with pytest.raises(InputError, match=r"found no MediaPipe, expected it: pip install \.\[detector\]"):
        detect.main([str(tmp_path / "film.mp4"), "--out", str(tmp_path / "film.npz")])


def test_from_a_film_of_pose2sim_to_bvh(tmp_path):
    pytest.importorskip("mediapipe", reason="the detector")
    pose2sim = pytest.importorskip("Pose2Sim", reason="its package has the films")
    main(["detect", str(Path(pose2sim.__file__).parent / DEMO), "--out", str(tmp_path / "cam01.npz")])
    with np.load(tmp_path / "cam01.npz") as found, np.load(FOLDER / "cam01.npz") as expected:
        np.testing.assert_allclose(found["landmarks"][..., :2], expected["landmarks"][..., :2], atol=5)
    main(["lift", str(tmp_path / "cam01.npz"), "--out", str(tmp_path), "--bvh"])
    assert (tmp_path / "cam01.bvh").read_text().startswith("HIERARCHY")

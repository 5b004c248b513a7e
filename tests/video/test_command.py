"""`jointaware lift` on the command line: what it writes, what it says, and one line for every kind of wrong input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jointaware.__main__ import COMMANDS, main
from jointaware.analysis.smoothing import ORDER, WINDOW
from jointaware.errors import InputError
from jointaware.mocap.keypoints.forms import FORMS
from jointaware.mocap.keypoints.layouts import LAYOUTS
from jointaware.video import command
from jointaware.video.exports import EXPORTS
from tests.house import ROOT
from tests.tiny import read_yaml
from tests.video import written

FPS, SIZE = ("--fps", "50"), ("--size", "1280x720")


@pytest.fixture
def network(tmp_path) -> Path:
    return written.network(tmp_path / "network.safetensors")


@pytest.fixture
def lift(network, tmp_path, capsys):
    """Run the command on a file; returns status, and what it wrote to stdout and stderr."""

    def lift(*arguments: str | Path, out: Path = tmp_path / "out") -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            main(["lift", *map(str, arguments), "--network", str(network), "--out", str(out)])
            status = 0
        except SystemExit as exit_:
            status = int(exit_.code or 0)
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return lift


def test_it_writes_all_forms_at_once_and_says_where(lift, tmp_path):
    for package in ("ezc3d", "imageio_ffmpeg"):
        pytest.importorskip(package)
    take = written.alphapose(tmp_path, written.keypoints(12))
    status, out, err = lift(take, *FPS, *SIZE, *(f"--{form}" for form in EXPORTS))
    assert (status, err) == (0, "")
    names = ["take.npz", *(f"take{row.suffix}" for row in EXPORTS.values())]
    assert out.splitlines() == [str(tmp_path / "out" / name) for name in names]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)


def test_each_of_several_people_has_a_file(lift, tmp_path):
    take = written.alphapose(tmp_path, written.keypoints(12), written.keypoints(12, at=(1, 0)))
    assert lift(take, *FPS, *SIZE)[0] == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["take-1.npz", "take-2.npz"]


def test_one_person_is_chosen_by_id(lift, tmp_path):
    take = written.alphapose(tmp_path, written.keypoints(12), written.keypoints(12, at=(1, 0)))
    assert lift(take, *FPS, *SIZE, "--person", "2")[0] == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["take-2.npz"]


def test_who_is_hardly_seen_is_left_out_and_said_to_be(lift, tmp_path):
    passing = written.lose(written.keypoints(100, at=(1, 0)), np.arange(3, 100))
    status, out, _ = lift(written.alphapose(tmp_path, written.keypoints(100), passing), *FPS, *SIZE)
    assert status == 0
    assert "left out, seen in fewer than 5 frames each: 2 (--person takes one of them)" in out
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["take-1.npz"]


def test_frames_at_the_end_are_lost_if_the_video_is_said_to_be_longer(lift, tmp_path):
    lift(written.alphapose(tmp_path, written.keypoints(12)), *FPS, *SIZE, "--frames", "40", "--gap", "5")
    with np.load(tmp_path / "out/take.npz") as file:
        assert len(file["joints"]) == 40
        assert file["lost"].sum() == 28


WRONG = {
    "no file": (lambda folder: folder / "none.json", (*FPS, *SIZE), "none.json: missing"),
    "no frame rate": (written.alphapose, SIZE, "does not say the frame rate, expected --fps"),
    "no size": (written.alphapose, FPS, "does not say the size of the image, expected --size WIDTHxHEIGHT"),
    "relative without a size": (written.yolo, FPS, "coordinates relative to the image, expected --size WIDTHxHEIGHT"),
    "frame rate that is none": (written.alphapose, ("--fps", "fast", *SIZE), "--fps: found 'fast', expected frames"),
    "frame rate of zero": (written.alphapose, ("--fps", "0", *SIZE), "--fps: found 0 frames/s, expected 1 to 1000"),
    "size that is none": (written.alphapose, (*FPS, "--size", "big"), "--size: found 'big', expected WIDTHxHEIGHT"),
    "unknown layout": (written.alphapose, (*FPS, *SIZE, "--layout", "bones"), "--layout: found 'bones', expected"),
    "another layout": (written.alphapose, (*FPS, *SIZE, "--layout", "body25"), "17 keypoints, expected the 25 of"),
    "unknown form": (written.alphapose, (*FPS, *SIZE, "--form", "x"), "--form: found 'x', expected one of videopose3d"),
    "another form": (written.alphapose, (*FPS, *SIZE, "--form", "mmpose"), "expected MMPose's predictions"),
    "unknown person": (written.alphapose, (*FPS, *SIZE, "--person", "9"), "--person: found no person '9'"),
    "negative gap": (written.alphapose, (*FPS, *SIZE, "--gap=-1"), "--gap: found '-1', expected a number from 0"),
    "gap that is none": (written.alphapose, (*FPS, *SIZE, "--gap", "x"), "--gap: found 'x', expected a number from 0"),
    "focal length that is none": (written.alphapose, (*FPS, *SIZE, "--focal", "nan"), "--focal: found 'nan'"),
    "fewer frames than there are": (written.alphapose, (*FPS, *SIZE, "--frames", "3"), "12 frames, expected the 3"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WRONG)
def test_wrong_use_is_one_line(kind, lift, tmp_path):
    write, options, message = WRONG[kind]
    path = write(tmp_path) if kind == "no file" else write(tmp_path, written.keypoints(12))
    status, _, err = lift(path, *options)
    assert status == 2
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert not (tmp_path / "out").exists()


def entries(change) -> str:
    """AlphaPose's list with one entry changed."""
    rows = [{"image_id": f"{n}.jpg", "keypoints": [1.5 + n] * 51, "score": 1.0, "idx": 1} for n in range(5)]
    change(rows)
    return json.dumps(rows)


CONTENT = {
    "empty file": ("", "an empty file"),
    "no JSON": ("keypoints!", "cannot be read"),
    "cut off": (entries(lambda rows: None)[:300], "cannot be read"),
    "empty list": ("[]", "found no person in any frame"),
    "web page": ("<!DOCTYPE html><html></html>", "a web page"),
    "other JSON": ('{"name": "x", "version": 2}', "expected keypoints of a video"),
    "a number": ("7", "cannot be read"),
    "too few numbers": (entries(lambda rows: rows[2].update(keypoints=[1.0] * 50)), "found 50 numbers, expected x, y"),
    "text for a number": (entries(lambda rows: rows[2].update(keypoints=["x"] * 51)), "cannot be read"),
    "null for numbers": (entries(lambda rows: rows[2].update(keypoints=None)), "cannot be read"),
    "infinite": (entries(lambda rows: rows[2].update(keypoints=[1e300] * 51)), "take.json: "),
    "far away": (
        entries(lambda rows: rows[2].update(keypoints=[1e9] * 51)),
        "found a keypoint 1e+09 away, expected pix",
    ),
    "nameless image": (entries(lambda rows: rows[2].update(image_id="x.jpg")), "'x.jpg', expected one with the number"),
    "no keypoints": (
        entries(lambda rows: rows[2].pop("keypoints")),
        "found image_id, score, idx, expected AlphaPose's",
    ),
    "nobody": (entries(lambda rows: [row.update(keypoints=[0.0] * 51) for row in rows]), "found no person in any"),
    "a frame years away": (entries(lambda rows: rows[2].update(image_id="999999999999.jpg")), "counted one by one"),
    "deep": ("[" * 100_000, "cannot be read"),
}


@pytest.mark.parametrize("kind", CONTENT)
def test_wrong_content_is_one_line(kind, lift, tmp_path):
    text, message = CONTENT[kind]
    path = tmp_path / "take.json"
    path.write_text(text)
    status, _, err = lift(path, *FPS, *SIZE)
    assert status == 2, err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_one_line(lift, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/readme.md").write_text("hello")
    status, _, err = lift(tmp_path / "folder", *FPS, *SIZE)
    assert status == 2
    assert "found readme.md, expected keypoints of a video" in err


@pytest.mark.parametrize("form", ["openpose", "yolo"])
@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"{", b"0 0.5 x"])
def test_a_damaged_file_of_a_folder_is_named(form, content, lift, tmp_path):
    folder = written.ALL[form](tmp_path, written.keypoints(6))
    name = sorted(folder.iterdir())[3]
    name.write_bytes(content)
    status, _, err = lift(folder, *FPS, *SIZE)
    assert status == 2
    assert name.name in err
    assert err.count("\n") == 1


def test_a_pipe_in_a_folder_is_not_waited_for(lift, tmp_path):
    folder = written.openpose(tmp_path, written.keypoints(6))
    os.mkfifo(folder / "take_000000000009_keypoints.json")
    status, _, err = lift(folder, *FPS, *SIZE)
    assert status == 2
    assert "a named pipe" in err


def test_nothing_in_an_npz_is_executed(lift, tmp_path):
    class Harm:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'harmed'}",)

    np.savez(tmp_path / "take.npz", keypoints=np.array(Harm(), object), boxes=np.zeros(1), metadata=np.zeros(1))
    status, _, err = lift(tmp_path / "take.npz", *FPS)
    assert status == 2
    assert not (tmp_path / "harmed").exists()
    assert err.count("\n") == 1


def test_a_damaged_network_is_one_line(tmp_path, capsys):
    (tmp_path / "network.safetensors").write_bytes(b"x" * 100)
    take = written.alphapose(tmp_path, written.keypoints(6))
    with pytest.raises(SystemExit) as exit_:
        main(["lift", str(take), "--network", str(tmp_path / "network.safetensors"), "--out", str(tmp_path)])
    assert exit_.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("layout", ["coco", "mediapipe33", "h36m", "mpii16"])
def test_without_a_network_named_the_one_that_the_layout_suits_is_taken(layout, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "NETWORKS", [tmp_path])
    for shipped in (command.SHIPPED, command.SHIPPED_CAUSAL):
        for name, kind in zip(shipped, ("coco", "h36m"), strict=True):
            written.network(tmp_path / f"{name}.safetensors", layout=kind)
        suits = shipped[layout in ("h36m", "mpii16")]
        assert command._choose(shipped, LAYOUTS[layout]) == tmp_path / f"{suits}.safetensors"
    points = np.repeat(written.keypoints(12), 2, axis=1)[:, : len(LAYOUTS[layout].points)]
    take = written.alphapose(tmp_path, points)
    main(["lift", str(take), *FPS, *SIZE, "--layout", layout, "--out", str(tmp_path / "out")])
    assert str(tmp_path / "out/take.npz") in capsys.readouterr().out


def test_without_any_network_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "NETWORKS", [tmp_path])
    with pytest.raises(InputError, match="--network: no network comes with this installation"):
        command._choose(command.SHIPPED, LAYOUTS["coco"])


def test_an_earlier_result_stays_where_a_later_one_fails(lift, tmp_path, monkeypatch):
    take = written.alphapose(tmp_path, written.keypoints(12))
    lift(take, *FPS, *SIZE)
    before = (tmp_path / "out/take.npz").read_bytes()
    monkeypatch.setitem(sys.modules, "ezc3d", None)
    assert lift(take, *FPS, *SIZE, "--c3d", "--gap", "0", "--smooth")[0] == 2
    assert (tmp_path / "out/take.npz").read_bytes() == before
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["take.npz"]


def test_help_lists_every_form_layout_and_export(capsys):
    with pytest.raises(SystemExit):
        main(["lift", "--help"])
    printed = " ".join(capsys.readouterr().out.split())
    for form in FORMS.values():
        assert " ".join(form.words.split()) in printed
    for name in (*LAYOUTS, *(f"--{form}" for form in EXPORTS)):
        assert name in printed


def test_the_command_lists_its_subcommands():
    done = subprocess.run(
        [sys.executable, "-m", "jointaware", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name, (words, _) in COMMANDS.items():
        assert f"{name}  " in done.stdout
        assert words in done.stdout


def test_the_filter_is_the_one_that_evaluate_uses():
    for profile in (ROOT / "profiles").glob("*.yaml"):
        assert read_yaml(profile)["evaluate"]["savitzky_golay"] == {"window": WINDOW, "order": ORDER}

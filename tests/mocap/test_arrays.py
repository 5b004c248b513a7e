"""Motion arrays: round trip, order, and files that are refused."""

import zipfile

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.arrays import list_takes, read_take, write_take
from jointaware.mocap.take import Take
from tests.people import person

JOINTS = person(12)


def test_a_take_reads_back_as_it_was_written(tmp_path):
    path = write_take(tmp_path, Take("A", "Walking", "2", JOINTS, 60.0))
    take = read_take(path)
    assert (take.subject, take.action, take.subaction, take.fps) == ("A", "Walking", "2", 60.0)
    assert take.name == "A/Walking 2"
    np.testing.assert_array_equal(take.joints, JOINTS)


@pytest.mark.parametrize("fps", [50, np.float32(50), np.array(50), np.array([50.0]), np.array([[50]])])
def test_the_frame_rate_may_be_an_integer_or_an_array_of_one(tmp_path, fps):
    np.savez(tmp_path / "Walking.npz", joints=JOINTS, fps=fps)
    assert read_take(tmp_path / "Walking.npz").fps == 50.0


def test_the_same_take_is_always_the_same_bytes(tmp_path):
    first, second = (write_take(tmp_path / name, Take("A", "Walking", "", JOINTS, 50.0)) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    with np.load(first, allow_pickle=False) as file:
        assert sorted(file) == ["fps", "joints"]


def test_the_bytes_of_a_take_do_not_tell_the_version_of_python(tmp_path):
    with zipfile.ZipFile(write_take(tmp_path, Take("A", "Walking", "", JOINTS, 50.0))) as file:
        assert {(each.create_version, each.extract_version, each.flag_bits) for each in file.infolist()} == {
            (20, 20, 0)
        }


def test_takes_are_listed_by_subject_and_number(tmp_path):
    for subject, number in (("B", ""), ("A", "1"), ("A", "")):
        write_take(tmp_path, Take(subject, "Walking", number, JOINTS, 50.0))
    assert [str(path.relative_to(tmp_path)) for path in list_takes(tmp_path)] == [
        "A/Walking.npz",
        "A/Walking 1.npz",
        "B/Walking.npz",
    ]


def test_a_resource_fork_of_macos_is_no_take(tmp_path):
    path = write_take(tmp_path, Take("A", "Walking", "1", JOINTS, 50.0))
    path.with_name("._Walking 1.npz").write_bytes(b"\x00\x05\x16\x07")
    assert list_takes(tmp_path) == [path]


@pytest.mark.parametrize(
    ("name", "action", "number"),
    [
        ("NA", "NA", ""), ("null", "null", ""), ("Sitting Down", "Sitting Down", ""), ("A001", "A001", ""),
        ("Sitting Down 2", "Sitting Down", "2"), ("Übung", "Übung", ""), ("U\u0308bung 1", "Übung", "1"),
        ("李雷", "李雷", ""), ("row boat", "row boat", ""), ("Sitting_Down", "Sitting_Down", ""),
    ],
)  # fmt: skip
def test_actions_have_the_names_that_people_give_them(tmp_path, name, action, number):
    path = tmp_path / "U\u0308" / f"{name}.npz"
    path.parent.mkdir()
    np.savez(path, joints=JOINTS, fps=50.0)
    take = read_take(path)
    assert (take.subject, take.action, take.subaction) == ("Ü", action, number)
    assert read_take(write_take(tmp_path / "raw", take)).name == take.name


@pytest.mark.parametrize("name", ["1", "Walking_1", "-rf", "row", "seeds 2", "average", "a$(b)", "a  b", "a\nb", "a|b"])
def test_a_name_that_would_be_misread_is_refused(tmp_path, name):
    with pytest.raises(InputError, match="expected an action, or an action and a number"):
        read_take(tmp_path / f"{name}.npz")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"joints": JOINTS}, "fps"),
        ({"fps": 50.0}, "joints"),
        ({"joints": JOINTS[:, :16], "fps": 50.0}, r"float32 \(12, 16, 3\), expected floats \(frames, 17, 3\)"),
        ({"joints": JOINTS[:0], "fps": 50.0}, r"\(0, 17, 3\)"),
        ({"joints": JOINTS.astype(int), "fps": 50.0}, "int64"),
        ({"joints": np.where(JOINTS[3, 2, 1] == JOINTS, np.nan, JOINTS), "fps": 50.0}, "frame 3 are not finite"),
        ({"joints": JOINTS, "fps": 0.0}, "fps: found 0 frames/s, expected 1 to 1000"),
        ({"joints": JOINTS, "fps": 1e6}, r"fps: found 1e\+06 frames/s"),
        ({"joints": JOINTS, "fps": np.nan}, "fps: found nan"),
        ({"joints": JOINTS, "fps": [50.0, 60.0]}, r"fps is \[50\. 60\.\]"),
        ({"joints": JOINTS, "fps": "50"}, "fps is 50, expected one number"),
        ({"joints": JOINTS * 1000, "fps": 50.0}, r"add up to 4\.\S+ m, expected .* m: millimetres"),
        ({"joints": JOINTS * 100, "fps": 50.0}, "centimetres?"),
        ({"joints": JOINTS * np.float32(39.37), "fps": 50.0}, "inches?"),
        ({"joints": JOINTS * np.float32(3.281), "fps": 50.0}, "feet?"),
        ({"joints": JOINTS / 1000, "fps": 50.0}, "kilometres?"),
        ({"joints": JOINTS * 0, "fps": 50.0}, "the bones add up to 0 m"),
        ({"joints": JOINTS.astype(float) * 1e300, "fps": 50.0}, "frame 0 are not finite"),
        ({"joints": np.array([JOINTS, None], object), "fps": 50.0}, "'joints': cannot be read .*pickled objects"),
    ],
)
def test_a_bad_take_is_refused_in_one_line_that_names_the_file(tmp_path, content, words):
    path = tmp_path / "Walking.npz"
    np.savez(path, **content)
    with pytest.raises(InputError, match=words) as caught:
        read_take(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"no zip at all", b"PK\x03\x04 cut short"])
def test_files_other_than_npz_are_refused(tmp_path, content):
    path = tmp_path / "Walking.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match=str(path)):
        read_take(path)


def test_an_invalid_file_name_is_refused(tmp_path):
    path = write_take(tmp_path, Take("A", "Walking", "", JOINTS, 50.0))
    with pytest.raises(InputError, match="an action, or an action and a number"):
        read_take(path.rename(path.with_name("take-7.npz")))


@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_a_folder_without_takes_is_named(tmp_path, folder):
    with pytest.raises(InputError, match=str(tmp_path)):
        list_takes(tmp_path / folder)


def test_real_motion_reads(shared):
    takes = [read_take(path) for path in list_takes(shared / "data/motion-arrays")]
    assert len(takes) == 37
    assert sum(len(take.joints) for take in takes) == 9578

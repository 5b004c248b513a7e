"""Every file format of Human3.6M gives the same takes, and every invalid file is refused in one line."""

import builtins
import gzip
import os
import re
import shutil
import tarfile
import time
from pathlib import Path

import numpy as np
import pytest

from jointaware.errors import InputError
from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.h36m.takes import find_positions, read_positions, split_take
from jointaware.pose.skeleton import JOINTS
from tests.mocap.h36m.reading import SUBJECTS, assert_read, npz_of, read_all, take_path
from tests.mocap.h36m_files import WRITERS, made_up, write_cdf, write_npz

NAMES = ["Directions", "Directions 1", "Photo", "WalkDog 1", "Walking"]


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_gives_the_same_takes_in_the_same_order(tmp_path, form):
    motion = made_up()
    if form == "npz":
        for takes in motion.values():
            del takes["_ALL"]
    WRITERS[form](tmp_path, motion)
    takes = read_all(tmp_path)
    assert [take.name for take in takes] == [f"{subject}/{name}" for subject in SUBJECTS for name in NAMES]
    assert {take.fps for take in takes} == {50.0}
    for take, recorded in zip(takes, [motion[s][stem] for s in SUBJECTS for stem in list(motion[s])[:5]], strict=True):
        metres = (recorded.reshape(-1, 32, 3) / 1000)[:, h36m.KEPT_JOINTS]
        assert take.joints.dtype == np.float32
        np.testing.assert_array_equal(take.joints, metres)


@pytest.mark.parametrize("layout", [{"majority": "column_major"}, {"compressed": 6}])
def test_a_cdf_may_be_column_major_as_matlab_writes_it_and_compressed(tmp_path, layout):
    pose = made_up()["S1"]["Walking"]
    write_cdf(take_path(tmp_path, ".cdf"), pose, **layout)
    (take,) = read_all(tmp_path, ["S1"])
    np.testing.assert_array_equal(take.joints, (pose.reshape(-1, 32, 3) / 1000)[:, h36m.KEPT_JOINTS])


def test_the_kept_joints_are_those_that_videopose3d_does_not_remove():
    removed = {4, 5, 9, 10, 11, 16, 20, 21, 22, 23, 24, 28, 29, 30, 31}
    assert set(h36m.KEPT_JOINTS) == set(range(32)) - removed
    assert list(h36m.KEPT_JOINTS) == sorted(h36m.KEPT_JOINTS)
    assert len(h36m.KEPT_JOINTS) == len(JOINTS)


def test_takes_are_renamed_as_videopose3d_does():
    assert split_take("TakingPhoto 1") == ("Photo", "1")
    assert split_take("WalkingDog") == ("WalkDog", "")
    assert split_take("SittingDown 2") == ("SittingDown", "2")
    for name in ("Jumping", "Walking x", "Walking ", "Walking 1 2", "walking", ""):
        with pytest.raises(InputError, match=f"found take {name!r}"):
            split_take(name)


@pytest.mark.parametrize("form", WRITERS)
def test_directions_of_s11_is_left_out_unless_asked_for(tmp_path, form):
    WRITERS[form](tmp_path, made_up(["S11"], ["Directions", "Directions 1"]))
    assert [take.name for take in read_all(tmp_path, ["S11"])] == ["S11/Directions 1"]
    assert len(read_all(tmp_path, ["S11"], left_out=())) == 2
    assert len(read_all(tmp_path, ["S11"], left_out=("S11/Directions 1",))) == 1


def test_a_take_that_is_left_out_may_be_damaged(tmp_path):
    npz_of(tmp_path, {"S1": {"Walking": np.zeros((1, 32, 3)), "Eating": "damaged"}})
    assert len(read_all(tmp_path, ["S1"], left_out=["S1/Eating"])) == 1


def test_only_the_subjects_asked_for_are_needed_and_read(tmp_path):
    write_npz(tmp_path, made_up(["S1", "S5", "S9"], ["Walking"]))
    assert [take.subject for take in read_all(tmp_path, ["S9", "S1"])] == ["S9", "S1"]


def test_hidden_files_in_an_archive_are_ignored(tmp_path):
    path = take_path(tmp_path, ".cdf")
    path.with_name("._Walking.cdf").write_bytes(b"left by an archiver")
    write_cdf(path, made_up()["S1"]["Walking"])
    with tarfile.open(tmp_path / "Poses_D3_Positions_S1.tgz", "w:gz") as archive:
        archive.add(tmp_path / "S1", "S1")
    path.unlink()
    assert find_positions(tmp_path, ["S1"]).form == "tgz"
    assert len(read_all(tmp_path, ["S1"])) == 1


def test_an_unknown_subject_is_refused(tmp_path):
    with pytest.raises(InputError, match="found 'S2', expected some of S1, S5"):
        find_positions(tmp_path, ["S1", "S2"])
    write_npz(tmp_path, made_up(["S1"]))
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: found the subjects S1, expected S9"):
        read_all(tmp_path, ["S1", "S9"])


def test_a_subject_without_files_is_refused(tmp_path):
    WRITERS["cdf"](tmp_path, made_up(["S1"]))
    with pytest.raises(InputError, match="3D joints as cdf: found S1, expected S9"):
        read_all(tmp_path, ["S1", "S9"])


@pytest.mark.parametrize(
    ("joints", "found"),
    [
        (np.zeros((5, 16, 3), np.float32), r"found float32 of shape \(5, 16, 3\), expected numbers \(frames, 32, 3\)"),
        (np.full((5, 32, 3), 1e300), "found NaN or infinity"),
        (np.zeros((0, 32, 3), np.float32), r"\(0, 32, 3\)"),
        (np.zeros((5, 96), np.float32), r"\(5, 96\)"),
        (np.full((5, 32, 3), "x"), r"<U1"),
        ("text", r"<U4"),
        ([[1], [2, 3]], "inhomogeneous"),
        (np.full((5, 32, 3), np.nan), "found NaN or infinity"),
        (np.full((5, 32, 3), np.inf), "found NaN or infinity"),
    ],
)
def test_joints_that_are_not_finite_numbers_of_32_joints_are_refused(tmp_path, joints, found):
    npz_of(tmp_path, {"S1": {"Walking": joints}})
    with pytest.raises(InputError, match=rf"data_3d_h36m\.npz: S1/Walking: .*{found}"):
        read_all(tmp_path, ["S1"])


@pytest.mark.parametrize("people", [{}, {"S1": 3}, [1, 2], np.zeros((4, 32, 3))])
def test_an_npz_of_something_else_is_refused(tmp_path, people):
    npz_of(tmp_path, people)
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: .*expected"):
        read_all(tmp_path, ["S1"])
    np.savez(tmp_path / "data_3d_h36m.npz", positions_2d=people)
    with pytest.raises(InputError, match="positions_3d"):
        read_all(tmp_path, ["S1"])


def test_an_unknown_action_is_refused(tmp_path):
    npz_of(tmp_path, {"S1": {"Jumping 1": np.zeros((1, 32, 3))}})
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: S1/Jumping 1: found take 'Jumping 1'"):
        read_all(tmp_path, ["S1"])


def test_a_duplicate_take_is_refused(tmp_path):
    WRITERS["cdf"](tmp_path, made_up(["S1"], ["TakingPhoto", "Photo"]))
    with pytest.raises(InputError, match=r"TakingPhoto\.cdf: found the same take as in .*/Photo\.cdf"):
        read_all(tmp_path, ["S1"])


def test_a_subject_without_takes_is_refused(tmp_path):
    npz_of(tmp_path, {"S1": {}})
    with pytest.raises(InputError, match="S1: found no take, expected 30"):
        read_all(tmp_path, ["S1"])


def test_an_archive_of_another_subject_is_refused(tmp_path):
    WRITERS["tgz"](tmp_path, made_up(["S1"], ["Walking"]))
    (tmp_path / "Poses_D3_Positions_S1.tgz").rename(tmp_path / "Poses_D3_Positions_S9.tgz")
    with pytest.raises(InputError, match="S9: found no take"):
        read_all(tmp_path, ["S9"])


@pytest.mark.parametrize("form", WRITERS)
def test_truncated_files_are_refused_in_one_line(tmp_path, form):
    WRITERS[form](tmp_path, made_up(["S1"], ["Walking", "Eating"], frames=40))
    positions = find_positions(tmp_path, ["S1"])
    path = positions.files["S1"][-1]
    whole = path.read_bytes()
    for length in range(0, len(whole) - 600, len(whole) // 50):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match=re.escape(str(path))) as refusal:
            list(read_positions(positions, ["S1"]))
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("suffix", [".cdf", ".cdf.mat"])
def test_a_file_of_another_kind_is_refused(tmp_path, suffix):
    path = take_path(tmp_path, suffix)
    path.write_bytes(b"frame,x,y\n" * 100)
    with pytest.raises(InputError, match=rf"Walking{suffix}: cannot be read .*expected 3D positions"):
        read_all(tmp_path, ["S1"])


def test_a_cdf_with_other_contents_is_refused(tmp_path):
    write_cdf(take_path(tmp_path, ".cdf"), np.zeros((5, 64), np.float32))
    with pytest.raises(InputError, match=r"Walking\.cdf: .*shape \(1, 5, 64\)"):
        read_all(tmp_path, ["S1"])


def test_a_damaged_cdf_in_an_archive_is_named_with_its_archive(tmp_path):
    motion = {"S1": {"Walking": np.full((5, 96), np.nan, np.float32)}}
    WRITERS["tgz"](tmp_path, motion)
    with pytest.raises(InputError, match=r"Poses_D3_Positions_S1\.tgz: S1/.*/Walking\.cdf: found NaN"):
        read_all(tmp_path, ["S1"])


@pytest.mark.parametrize(("form", "library"), [("cdf", "cdflib"), ("tgz", "cdflib"), ("mat of HDF5", "h5py")])
def test_a_missing_library_is_named(tmp_path, monkeypatch, form, library):
    WRITERS[form](tmp_path, made_up(["S1"], ["Walking"]))
    there = builtins.__import__

    def absent(name, *arguments, **keywords):
        if name == library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return there(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=rf"Walking.*: needs a library .*: pip install {library}$"):
        read_all(tmp_path, ["S1"])


@pytest.mark.parametrize("arrange", ["17 joints", "lower case", "underscore", "nested", "integers", "deep"])
def test_the_npz_is_read_however_scripts_arrange_it(tmp_path, arrange):
    metres = np.round(made_up()["S1"]["Walking"].reshape(-1, 32, 3))
    people = {
        "17 joints": {"S1": {"Walking 1": metres[:, h36m.KEPT_JOINTS]}},
        "lower case": {"s1": {"Walking 1": metres}},
        "underscore": {"S1": {"Walking_1": metres}},
        "nested": {"S1": {"Walking 1": {"positions": metres, "cameras": []}}},
        "integers": {"S1": {"Walking 1": metres.astype(int)}},
        "deep": {"S1": {"Walking 1": metres}},
    }[arrange]
    folder = tmp_path / "data" if arrange == "deep" else tmp_path
    folder.mkdir(exist_ok=True)
    npz_of(folder, people)
    assert_read(tmp_path, metres.reshape(-1, 96) * 1000)


def test_takes_name_the_file_they_are_from(tmp_path):
    path = write_npz(tmp_path, made_up(["S1"], ["Walking"]))
    (take,) = read_all(tmp_path, ["S1"])
    assert take.where == f"{path}: S1/Walking"


def test_a_named_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "data_3d_h36m.npz")
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: found a named pipe"):
        read_all(tmp_path, ["S1"])


def test_an_archive_that_inflates_to_gigabytes_is_refused(tmp_path):
    path = tmp_path / "Poses_D3_Positions_S1.tgz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        header = tarfile.TarInfo("S1/MyPoseFeatures/D3_Positions/Walking.cdf")
        header.size = 2**33
        file.write(header.tobuf() + bytes(2**20))
    with pytest.raises(InputError, match=r"S1\.tgz: declares 8589934592 bytes of content"):
        read_all(tmp_path, ["S1"])


@pytest.mark.parametrize(
    ("name", "file"), [("Walking.cdf", "delete_646-Walking.cdf"), ("Walking.cdf.mat", "crlf_1756-Walking.cdf.mat")]
)
def test_the_shared_broken_files_are_refused_in_seconds_and_without_warnings(tmp_path, name, file):
    broken = Path(__file__).parents[4] / "shared" / "cases" / "faults" / file
    if not broken.exists():
        pytest.skip("needs ../shared")
    shutil.copy(broken, take_path(tmp_path, "").with_name(name))
    started = time.process_time()
    with pytest.raises(InputError, match=rf"{re.escape(name)}: cannot be read"):
        read_all(tmp_path, ["S1"])
    assert time.process_time() - started < 4

"""Every file format of Human3.6M gives the same takes, and every invalid file is refused in one line."""

import builtins
import re
import shutil
import tarfile

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from jointaware.errors import InputError
from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.h36m.takes import find_positions, missing, read_positions, split_take
from jointaware.pose.skeleton import JOINTS
from tests.mocap.h36m_files import WRITERS, made_up, write_cdf, write_npz

SUBJECTS = ("S1", "S9")
NAMES = ["Directions", "Directions 1", "Photo", "WalkDog 1", "Walking"]


def read_all(folder, subjects=SUBJECTS, **settings):
    return list(read_positions(find_positions(folder, subjects), subjects, **settings))


def npz_of(folder, people):
    np.savez(folder / "data_3d_h36m.npz", positions_3d=people)


def take_path(folder, suffix):
    path = folder / "S1" / "MyPoseFeatures" / "D3_Positions" / f"Walking{suffix}"
    path.parent.mkdir(parents=True)
    return path


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


def test_the_form_with_most_subjects_is_read_and_the_npz_first_of_equals(tmp_path):
    assert find_positions(tmp_path) is None
    WRITERS["mat"](tmp_path, made_up(["S1", "S9"], ["Walking"]))
    WRITERS["cdf"](tmp_path / "deep" / "down", made_up(["S1"], ["Walking"]))
    assert find_positions(tmp_path, SUBJECTS).form == "mat"
    assert find_positions(tmp_path, ["S1"]).form == "cdf"
    write_npz(tmp_path, made_up())
    assert find_positions(tmp_path, SUBJECTS).form == "npz"


def test_links_to_a_folder_elsewhere_are_followed(tmp_path):
    WRITERS["cdf"](tmp_path / "elsewhere", made_up(["S1"], ["Walking"]))
    (tmp_path / "licensed").mkdir()
    (tmp_path / "licensed" / "S1").symlink_to(tmp_path / "elsewhere" / "S1")
    assert len(read_all(tmp_path / "licensed", ["S1"])) == 1


def test_2d_positions_and_hidden_files_are_ignored(tmp_path):
    path = take_path(tmp_path, ".cdf")
    write_cdf(path, made_up()["S1"]["Walking"])
    path.with_name("._Walking.cdf").write_bytes(b"left by an archiver")
    shutil.copytree(path.parent, path.parents[1] / "D2_Positions")
    shutil.copytree(path.parent, path.parents[1] / "D3_Positions_mono")
    assert len(find_positions(tmp_path, ["S1"]).files["S1"]) == 1


def test_hidden_files_in_an_archive_are_ignored(tmp_path):
    path = take_path(tmp_path, ".cdf")
    path.with_name("._Walking.cdf").write_bytes(b"left by an archiver")
    write_cdf(path, made_up()["S1"]["Walking"])
    with tarfile.open(tmp_path / "Poses_D3_Positions_S1.tgz", "w:gz") as archive:
        archive.add(tmp_path / "S1", "S1")
    path.unlink()
    assert find_positions(tmp_path, ["S1"]).form == "tgz"
    assert len(read_all(tmp_path, ["S1"])) == 1


def test_files_are_those_of_the_form_in_use_and_of_the_detector(tmp_path):
    WRITERS["tgz"](tmp_path, made_up(SUBJECTS, ["Walking"]))
    archives = [tmp_path / "Poses_D3_Positions_S1.tgz", tmp_path / "Poses_D3_Positions_S9.tgz"]
    assert h36m.files(tmp_path, "gt", SUBJECTS) == archives
    assert h36m.files(tmp_path, "mine", SUBJECTS) == [*archives, tmp_path / "data_2d_h36m_mine.npz"]


def test_missing_says_what_to_get_from_where_and_where_to_put_it_in_one_line(tmp_path):
    message = missing(tmp_path, "cpn_ft_h36m_dbb")
    assert "\n" not in message
    for part in (
        *h36m.SUBJECTS,
        "data_3d_h36m.npz",
        "Poses_D3_Positions_S*.tgz",
        "http://vision.imar.ro/human3.6m",
        "https://dl.fbaipublicfiles.com/video-pose-3d/data_2d_h36m_cpn_ft_h36m_dbb.npz",
        "DATASETS.md",
        f"put the files into {tmp_path}",
        "licensed/README.md",
    ):
        assert part in message


def test_missing_names_only_missing_files(tmp_path):
    WRITERS["cdf"](tmp_path, made_up(["S1", "S5"], ["Walking"]))
    assert re.search(r"missing 3D joints of S6, S7, S8, S9, S11 \(", missing(tmp_path, "gt"))
    write_npz(tmp_path, made_up())
    assert missing(tmp_path, "gt") is None
    message = missing(tmp_path, "mine")
    assert "3D joints" not in message
    assert "data_2d_h36m_mine.npz: download from https://github.com/" in message
    (tmp_path / "data_2d_h36m_mine.npz").touch()
    assert missing(tmp_path, "mine") is None


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
        (np.zeros((5, 17, 3), np.float32), r"found float32 of shape \(5, 17, 3\), expected numbers \(frames, 32, 3\)"),
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


def test_a_mat_with_other_contents_is_refused(tmp_path):
    path = take_path(tmp_path, ".cdf.mat")
    savemat(path, {"pose": np.zeros((5, 96))})
    with pytest.raises(InputError, match=r"Walking\.cdf\.mat: .*KeyError"):
        read_all(tmp_path, ["S1"])
    savemat(path, {"data": np.zeros((5, 96))})
    with pytest.raises(InputError, match=r"Walking\.cdf\.mat: "):
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


def test_hdf5_of_another_program_is_refused(tmp_path):
    with h5py.File(take_path(tmp_path, ".cdf.mat"), "w") as file:
        file["3D_positions"] = np.zeros((96, 5))
    with pytest.raises(InputError, match=r"Walking\.cdf\.mat: cannot be read"):
        read_all(tmp_path, ["S1"])

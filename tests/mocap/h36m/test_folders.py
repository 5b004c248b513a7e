"""Human3.6M is found in every arrangement that people have, and who has it is not sent away for it."""

import re
import shutil

import h5py
import pytest

from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.h36m.takes import find_positions, missing
from tests.mocap.h36m.reading import SUBJECTS, assert_read, read_all, take_path
from tests.mocap.h36m_files import WRITERS, made_up, write_cdf, write_npz


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


@pytest.mark.parametrize(
    "folder",
    [
        "S1/MyPoseFeatures/D3_Positions",
        "s1/MyPoseFeatures/D3_Positions",
        "extracted/S1/Poses_D3_Positions",
        "Poses_D3_Positions_S1",
        "Poses_D3_Positions_S1/S1/MyPoseFeatures/D3_Positions",
        "S1/D3_Positions",
        "S1",
    ],
)
def test_files_are_found_in_every_folder_that_archives_and_scripts_make(tmp_path, folder):
    pose = made_up()["S1"]["Walking"]
    write_cdf(tmp_path / folder / "Walking 1.cdf", pose)
    for other in ("D3_Positions_mono", "Poses_D3_Positions_mono_universal", "D2_Positions", "RawAngles"):
        write_cdf(tmp_path / "S1" / other / "Walking 1.54138969.cdf", pose)
    write_cdf(tmp_path / "S1" / "_ALL.cdf", pose)
    assert_read(tmp_path, pose)


def test_a_folder_called_like_a_take_is_not_passed_over(tmp_path):
    write_cdf(tmp_path / "S1/D3_Positions/Walking 1.cdf", made_up()["S1"]["Walking"])
    (tmp_path / "S1/D3_Positions/Eating 1.cdf").mkdir()
    assert [path.name for path in h36m.files(tmp_path, "gt", ["S1"])] == ["Eating 1.cdf", "Walking 1.cdf"]


def test_the_h5_files_of_3d_pose_baseline_are_read(tmp_path):
    pose = made_up()["S1"]["Walking"]
    path = tmp_path / "h36m" / "S1" / "MyPoses" / "3D_positions" / "Walking 1.h5"
    path.parent.mkdir(parents=True)
    with h5py.File(path, "w") as file:
        file["3D_positions"] = pose.T
    assert_read(tmp_path, pose)


@pytest.mark.parametrize(
    "name",
    [
        "S1/D3_Positions_mono/Walking.54138969.cdf",
        "S1/MyPoseFeatures/Walking.cdf",
        "Poses_D3_Positions_mono_universal_S1.tgz",
        "h36m.zip",
        "S9/Videos/Walking.54138969.mp4",
        "data_3d_h36m_old.npz",
    ],
)
def test_who_has_files_of_human36m_is_not_sent_away_to_register(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).touch()
    message = missing(tmp_path, "gt", ["S1"])
    assert "register" not in message
    assert (
        f"found 1 files of Human3.6M, such as {tmp_path / name}, but not these in a place or form that is read"
        in message
    )


def test_who_has_some_subjects_is_not_sent_away_to_register(tmp_path):
    WRITERS["cdf"](tmp_path, made_up(["S1"], ["Walking"]))
    assert "register" not in missing(tmp_path, "gt", ["S1", "S9"])


def test_a_link_to_a_folder_above_ends(tmp_path):
    WRITERS["cdf"](tmp_path, made_up(["S1"], ["Walking"]))
    (tmp_path / "S1" / "again").symlink_to(tmp_path)
    assert len(read_all(tmp_path, ["S1"])) == 1


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    assert missing(tmp_path / "licenced", "gt").startswith(
        f"{tmp_path}/licenced: found no such folder; missing 3D joints"
    )

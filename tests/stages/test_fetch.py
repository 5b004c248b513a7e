"""The fetch stage: every source, the manifest, and what is refused."""

import functools
import http.server
import json
import shutil
import threading
from pathlib import Path

import pytest

from jointaware.artifacts.files import sha256
from jointaware.errors import InputError
from jointaware.mocap import arrays
from jointaware.mocap.cmu import trials
from jointaware.mocap.h36m import takes as h36m
from jointaware.mocap.take import Take
from stages import fetch
from tests.house import ROOT
from tests.people import person
from tests.tiny import read_yaml, write_yaml

CMU = {"url": "file://copy", "digests": "provenance/cmu.sha256", "trials": {}, "fps": {}}
PATHS = ["--params", "params.yaml", "--raw", "data/raw", "--manifest", "data/manifest.json"]


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Run the stage with changes to the section data; returns the manifest."""

    def start(*flags: str, **changes: object) -> dict:
        parameters = read_yaml(ROOT / "profiles/demo.yaml")
        parameters["data"] |= changes
        write_yaml(tmp_path / "params.yaml", parameters)
        monkeypatch.chdir(tmp_path)
        fetch.main([*PATHS, *flags])
        manifest = tmp_path / "data/manifest.json"
        return json.loads(manifest.read_text()) if manifest.exists() else {}

    return start


@pytest.fixture
def own_motion(tmp_path):
    """A folder of two takes in the form of the source arrays."""
    joints = person(20)
    for subject in ("A", "B"):
        arrays.write_take(tmp_path / "own", Take(subject, "Walking", "1", joints, 60.0))
    return tmp_path / "own"


def test_synthetic_motion_has_every_take_and_is_reproducible(start, tmp_path):
    settings = {"frames": 12, "fps": 10, "seed": 0}
    manifest = start(synthetic=settings)
    assert len(manifest["files"]) == 7 * 15 * 2
    assert sha256(tmp_path / manifest["files"][0]["path"]) == manifest["files"][0]["sha256"]
    assert start(synthetic=settings) == manifest
    assert start(synthetic=settings | {"seed": 1})["files"] != manifest["files"]


def test_own_motion_is_copied_and_listed(start, tmp_path, own_motion):
    manifest = start(source="arrays", path=str(own_motion))
    assert [file["origin"] for file in manifest["files"]] == [str(own_motion / f"{s}/Walking 1.npz") for s in "AB"]
    for file in manifest["files"]:
        assert sha256(tmp_path / file["path"]) == file["sha256"]


def test_a_bad_take_is_named_and_the_earlier_motion_stays(start, tmp_path, own_motion):
    start(source="arrays", path=str(own_motion))
    (own_motion / "B/Walking 1.npz").write_bytes(b"")
    with pytest.raises(ValueError, match=r"B/Walking 1\.npz"):
        start(source="arrays", path=str(own_motion))
    assert len(list((tmp_path / "data/raw").rglob("*.npz"))) == 2
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"raw", "manifest.json"}


def test_cmu_comes_from_a_copy_and_every_file_is_checked(start, shared, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(shared / "data/cmu", copy, copy_function=shutil.copyfile)
    manifest = start(source="cmu", cmu=CMU | {"url": f"file://{copy}"})
    assert len(manifest["files"]) == 22
    assert start(source="cmu", cmu=CMU)["files"][0]["origin"].startswith("file://copy/subjects")
    with (copy / "subjects/02/02_01.amc").open("r+b") as file:
        file.write(b"x")
    with pytest.raises(InputError, match=r"02_01\.amc: SHA-256 is .*, expected"):
        start(source="cmu", cmu=CMU | {"url": f"file://{copy}"})


def test_an_unreachable_url_is_named(start):
    with pytest.raises(InputError, match=r"file:///nowhere/subjects/.*data\.cmu\.url"):
        start(source="cmu", cmu=CMU | {"url": "file:///nowhere"})


def test_missing_human36m_is_reported_in_one_line_and_nothing_is_written(start, tmp_path):
    (tmp_path / "licensed").mkdir()
    with pytest.raises(InputError) as caught:
        start(source="h36m", remote="h36m", path="licensed")
    message = str(caught.value)
    for part in ("data_3d_h36m.npz", "data_2d_h36m_cpn_ft_h36m_dbb.npz", "vision.imar.ro", "licensed"):
        assert part in message
    assert "\n" not in message
    assert not (tmp_path / "data").exists()


def test_a_check_writes_nothing(start, tmp_path):
    start("--check")
    assert not (tmp_path / "data").exists()


@pytest.fixture
def site(tmp_path):
    """A local web server with one file; its URL and the file's digest."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "01.asf").write_bytes(b"a skeleton\r\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}", sha256(folder / "01.asf")
        server.shutdown()


@pytest.mark.parametrize("path", ["data/raw", "data/raw/mine"])
def test_motion_in_the_folder_that_is_replaced_is_refused_and_kept(start, own_motion, tmp_path, path):
    (tmp_path / path).parent.mkdir(parents=True)
    own_motion.rename(tmp_path / path)
    with pytest.raises(InputError, match=f"data.path: found {path}, expected a folder outside data/raw"):
        start(source="arrays", path=path)
    assert list((tmp_path / path).rglob("*.npz"))


def choose_trial(path, trial: int) -> None:
    """Train on one trial of subject 05 and test on subject 02."""
    parameters = read_yaml(path)
    parameters["data"] |= {"source": "cmu", "cmu": CMU | {"trials": {"05": {"Dancing": [trial]}}}}
    parameters["preprocess"]["subjects"]["cmu"] = {"train": ["05"], "test": ["02"]}
    write_yaml(path, parameters)


@pytest.fixture
def dancer(start, shared, tmp_path):
    """A copy of the database in which subject 03 is called 05, and parameters that use its first trial."""
    folder = tmp_path / "copy/subjects"
    shutil.copytree(shared / "data/cmu/subjects/02", folder / "02", copy_function=shutil.copyfile)
    (folder / "05").mkdir()
    shutil.copyfile(shared / "data/cmu/subjects/03/03.asf", folder / "05/05.asf")
    shutil.copyfile(shared / "data/cmu/subjects/03/03_01.amc", folder / "05/05_01.amc")
    start("--check")
    choose_trial(tmp_path / "params.yaml", 1)
    return folder / "05/05_01.amc"


def test_a_cmu_file_without_a_known_digest_is_recorded_at_first_and_held_from_then_on(dancer, tmp_path):
    fetch.main(PATHS)
    files = json.loads((tmp_path / "data/manifest.json").read_text())["files"]
    assert len(files) == 2 + 11  # of subjects 05 and 02 only
    record = tmp_path / CMU["digests"]
    assert record.read_text() == "".join(f"{file['sha256']}  {file['path'][9:]}\n" for file in files[:2])
    fetch.main(PATHS)
    before = sha256(dancer)
    dancer.write_text(dancer.read_text() + "# changed\n")
    with pytest.raises(InputError) as caught:
        fetch.main(PATHS)
    for part in ("05_01.amc", f"SHA-256 is {sha256(dancer)}", f"expected {before}", f"recorded in {CMU['digests']}"):
        assert part in str(caught.value)
    record.write_text("".join(line for line in record.read_text().splitlines(keepends=True) if "05_01" not in line))
    fetch.main(PATHS)
    assert sha256(dancer) in record.read_text()


def test_a_cmu_file_that_cannot_be_read_is_never_recorded(dancer, tmp_path):
    dancer.write_text("<html>moved</html>")
    with pytest.raises(InputError, match=r"05_01\.amc: found a web page"):
        fetch.main(PATHS)
    assert not (tmp_path / CMU["digests"]).exists()
    assert not (tmp_path / "data/raw").exists()


def test_a_cmu_trial_that_does_not_exist_is_refused_with_what_the_index_knows(dancer, tmp_path):
    choose_trial(tmp_path / "params.yaml", 99)
    with pytest.raises(InputError, match=r"05_99\.amc: cannot be read .* lists trials 1-20 of subject 05"):
        fetch.main(PATHS)


def test_a_damaged_record_of_digests_is_refused_by_line(dancer, tmp_path):
    (tmp_path / "provenance").mkdir()
    (tmp_path / CMU["digests"]).write_text("f" * 64 + "  subjects/05/05.asf\nx\n")
    with pytest.raises(InputError, match=r"cmu\.sha256, line 2: found 'x', expected a SHA-256"):
        fetch.main(PATHS)


def test_cmu_is_downloaded_from_the_web_byte_for_byte(start, site, monkeypatch, tmp_path):
    url, digest = site
    monkeypatch.setattr(trials, "skeleton_file", lambda subject: "01.asf")
    monkeypatch.setattr(trials, "motion_file", lambda subject, number: "01.asf")
    monkeypatch.setattr(trials, "known_digests", lambda: {"01.asf": digest})
    [file] = start(source="cmu", cmu=CMU | {"url": url})["files"]
    assert (file["origin"], file["bytes"], file["sha256"]) == (f"{url}/01.asf", 12, digest)
    assert (tmp_path / "data/raw/01.asf").read_bytes() == b"a skeleton\r\n"


def test_a_url_that_is_not_found_is_named(start, site, tmp_path):
    with pytest.raises(InputError, match=r"subjects/01/01\.asf: cannot be read \(HTTP Error 404"):
        start(source="cmu", cmu=CMU | {"url": site[0]})
    assert not (tmp_path / "data/raw").exists()


@pytest.fixture
def licensed(tmp_path, site, monkeypatch):
    """A folder with 3D joints only, and a web server that has the keypoints; the section h36m and their digest."""
    url, _ = site
    monkeypatch.setattr(h36m, "DETECTIONS_URL", url)
    (tmp_path / "site/data_2d_h36m_cpn_ft_h36m_dbb.npz").write_bytes(b"keypoints" * 1000)
    (tmp_path / "licensed").mkdir()
    (tmp_path / "licensed/data_3d_h36m.npz").write_bytes(b"joints")
    digest = sha256(tmp_path / "site/data_2d_h36m_cpn_ft_h36m_dbb.npz")
    return {"keypoints": "cpn_ft_h36m_dbb", "keypoints_sha256": ""}, digest


def test_missing_keypoints_are_downloaded(start, licensed, tmp_path):
    section, digest = licensed
    joints, keypoints = start(
        source="h36m", remote="h36m", path="licensed", h36m=section | {"keypoints_sha256": digest}
    )["files"]
    assert joints["path"] == "licensed/data_3d_h36m.npz"
    assert (keypoints["path"], keypoints["sha256"]) == ("data/raw/data_2d_h36m_cpn_ft_h36m_dbb.npz", digest)
    assert keypoints["origin"].startswith("http://127.0.0.1:")
    assert sha256(tmp_path / keypoints["path"]) == digest


def test_existing_keypoints_are_not_downloaded(start, licensed, tmp_path):
    section, _ = licensed
    (tmp_path / "licensed/data_2d_h36m_cpn_ft_h36m_dbb.npz").write_bytes(b"mine")
    files = start(source="h36m", remote="h36m", path="licensed", h36m=section)["files"]
    assert files[1]["path"] == files[1]["origin"] == "licensed/data_2d_h36m_cpn_ft_h36m_dbb.npz"


def test_keypoints_of_another_digest_are_refused(start, licensed, tmp_path):
    section, digest = licensed
    with pytest.raises(InputError, match=rf"SHA-256 is {digest}, expected data\.h36m\.keypoints_sha256, 0000"):
        start(source="h36m", remote="h36m", path="licensed", h36m=section | {"keypoints_sha256": "0" * 64})
    assert not (tmp_path / "data/raw").exists()


def test_a_failed_download_of_keypoints_says_what_to_do(start, licensed, tmp_path):
    (tmp_path / "site/data_2d_h36m_cpn_ft_h36m_dbb.npz").unlink()
    with pytest.raises(InputError, match=r"dbb\.npz: cannot be read .*download it elsewhere and put it into licensed"):
        start(source="h36m", remote="h36m", path="licensed", h36m=licensed[0])


def choose_subjects(path, **split: list[str]) -> None:
    """Change the split of Human3.6M in a file of parameters."""
    parameters = read_yaml(path)
    parameters["preprocess"]["subjects"]["h36m"] = split
    write_yaml(path, parameters)


def test_subjects_outside_the_split_are_not_missing(start, tmp_path):
    for subject in ("S1", "S9"):
        folder = tmp_path / "licensed" / subject / "MyPoseFeatures/D3_Positions"
        folder.mkdir(parents=True)
        (folder / "Walking.cdf").write_bytes(b"joints")
    section = {
        "source": "h36m",
        "remote": "h36m",
        "path": "licensed",
        "h36m": {"keypoints": "gt", "keypoints_sha256": ""},
    }
    with pytest.raises(InputError, match="missing 3D joints of S5, S6, S7, S8, S11"):
        start(**section)
    choose_subjects(tmp_path / "params.yaml", train=["S1"], test=["S9"])
    fetch.main(PATHS)
    listed = json.loads((tmp_path / "data/manifest.json").read_text())["files"]
    assert [file["path"].split("/")[1] for file in listed] == ["S1", "S9"]


def test_the_listed_files_have_the_form_that_preprocess_reads(start, tmp_path):
    """Of the two subjects of the split there are .cdf files; of more subjects, but not these, .cdf.mat files."""
    for subject, suffix in (("S1", "cdf"), ("S9", "cdf"), ("S5", "cdf.mat"), ("S6", "cdf.mat"), ("S7", "cdf.mat")):
        folder = tmp_path / "licensed" / subject / "MyPoseFeatures/D3_Positions"
        folder.mkdir(parents=True)
        (folder / f"Walking.{suffix}").write_bytes(b"joints")
    section = {
        "source": "h36m",
        "remote": "h36m",
        "path": "licensed",
        "h36m": {"keypoints": "gt", "keypoints_sha256": ""},
    }
    with pytest.raises(InputError, match="missing 3D joints"):
        start(**section)
    choose_subjects(tmp_path / "params.yaml", train=["S1"], test=["S9"])
    fetch.main(PATHS)
    listed = json.loads((tmp_path / "data/manifest.json").read_text())["files"]
    assert [file["path"].split("/", 1)[1] for file in listed] == [
        "S1/MyPoseFeatures/D3_Positions/Walking.cdf",
        "S9/MyPoseFeatures/D3_Positions/Walking.cdf",
    ]


def test_motion_that_cannot_be_replaced_stays_whole(start, tmp_path, own_motion, monkeypatch):
    """Fetch has deleted 180 of 210 takes before it found that it may not write there."""
    start(source="arrays", path=str(own_motion))
    before = {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()}
    rename = Path.rename

    def refuse(path: Path, target: Path) -> Path:
        if path.name == "raw":
            raise PermissionError(13, "Permission denied", str(path), None, str(target))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    shutil.rmtree(own_motion / "B")
    shutil.copytree(own_motion / "A", own_motion / "B")
    with pytest.raises(InputError, match=r"data/raw: cannot be written \(Permission denied\)"):
        start(source="arrays", path=str(own_motion))
    assert {path: path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file()} == before

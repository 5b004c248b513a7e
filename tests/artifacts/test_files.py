"""Files are whole or not there."""

import pytest

from jointaware.artifacts.files import write_json, writing, writing_folder


def test_an_interrupted_write_leaves_the_earlier_file_and_nothing_else(tmp_path):
    path = tmp_path / "result.json"
    write_json(path, {"good": 1})
    before = path.read_text()
    with pytest.raises(KeyboardInterrupt), writing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_leaves_the_earlier_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    write_json(path, {"good": 1})

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="No space"):
        write_json(path, {"better": 2})
    assert '"good"' in path.read_text()
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_folder_leaves_the_earlier_one(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "old").touch()
    with pytest.raises(KeyboardInterrupt), writing_folder(folder) as temporary:
        (temporary / "new").touch()
        raise KeyboardInterrupt
    assert [path.name for path in tmp_path.rglob("*")] == ["raw", "old"]


def test_a_new_folder_takes_the_place_of_the_old(tmp_path):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "old").touch()
    with writing_folder(folder) as temporary:
        (temporary / "new").touch()
    assert [path.name for path in folder.iterdir()] == ["new"]


def test_numbers_that_are_none_do_not_get_into_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "metrics.json", {"mpjpe_mm": float("nan")})
    assert not list(tmp_path.iterdir())

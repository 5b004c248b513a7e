"""Records and other JSON of stages: whatever is wrong with one is said in a line that names it and the stage."""

import pytest

from jointaware.artifacts.files import write_json, write_text
from jointaware.artifacts.records import DamagedError, Manifest, Record, check_made, read_record, write_record
from jointaware.errors import InputError

GOOD = '{"source": "cmu", "licence": "", "files": [{"path": "a", "sha256": "0"}]}'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe{}",
        GOOD[:-1].encode(),
        GOOD.replace("cmu", "\xe9").encode("latin-1"),
        b"[]",
        b"null",
        b"{}",
        b'{"source": "cmu", "licence": "", "files": {}}',
        GOOD.replace('"path"', '"name"').encode(),
        GOOD.replace('"cmu"', "1").encode(),
        GOOD.replace('"0"', "NaN").encode(),
        GOOD.replace('"0"', "9" * 5000).encode(),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\x00" * 1000,
    ],
)
def test_a_damaged_manifest_is_named_with_its_stage(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"^{path}: .*; run `dvc repro fetch`$") as caught:
        read_record(path, Manifest, "fetch")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_record_too_large_to_be_one_is_refused_unread(tmp_path):
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(DamagedError, match=r"manifest\.json: found 1099511627776 bytes, expected at most"):
        read_record(tmp_path / "manifest.json", Manifest, "fetch")


def test_what_a_reader_does_not_need_may_be_anything(tmp_path):
    write_text(tmp_path / "manifest.json", GOOD.replace("{", '{"more": [1e999, {}], ', 1))
    assert read_record(tmp_path / "manifest.json", Manifest, "fetch").files[0].path == "a"


@pytest.fixture
def record(tmp_path):
    """A record of two files of the same name."""
    for name in ("metrics.json", "smoothed/metrics.json"):
        write_json(tmp_path / name, name)
    files = [tmp_path / "metrics.json", tmp_path / "smoothed/metrics.json"]
    write_record(tmp_path / "record.json", made=files, made_from=[])
    return tmp_path / "record.json"


def test_a_changed_file_is_named_also_where_the_folder_was_moved(record, tmp_path):
    folder = record.parent.rename(tmp_path.with_name(f"{tmp_path.name}-moved"))
    files = [folder / "metrics.json", folder / "smoothed/metrics.json", folder / "other.json"]
    write_json(files[2], "not of the record")
    check_made(folder / "record.json", files, "evaluate@wide")
    write_json(files[1], "changed")
    with pytest.raises(InputError, match=rf"^{files[1]}: differs from .*record\.json lists; run `dvc repro evaluate@"):
        check_made(folder / "record.json", files, "evaluate@wide")


def test_a_changed_record_is_named(record):
    write_text(record, record.read_text().replace("metrics", "other", 1))
    with pytest.raises(InputError, match=r"record\.json: damaged; run `dvc repro preprocess`"):
        check_made(record, [], "preprocess")


def test_without_a_record_there_is_nothing_to_compare(tmp_path):
    check_made(tmp_path / "record.json", [tmp_path / "sequences.csv"], "preprocess")


def test_a_record_is_read_as_written(record):
    assert [key.rpartition("/")[2] for key in read_record(record, Record, "evaluate@wide").made] == ["metrics.json"] * 2

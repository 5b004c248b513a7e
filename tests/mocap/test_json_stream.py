"""JSON read piece by piece is the JSON."""

import json

import pytest

from jointaware.mocap import json_stream
from jointaware.mocap.json_stream import stream


@pytest.mark.parametrize("letters", [1, 2, 7, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[]", []),
        ("{}", []),
        (' [1, 23.5e-3 ,"a]b",null, [1,2]]', [(None, 1), (None, 0.0235), (None, "a]b"), (None, None), (None, [1, 2])]),
        ('{"a": {"b": [1]}, "c": [1, 2], "d": 7}', [("a", {"b": [1]}), ("c", 1), ("c", 2), ("d", 7)]),
        ('\ufeff[{"x": "é"}]\n', [(None, {"x": "é"})]),
    ],
)
def test_pieces_of_any_size_give_the_same(letters, text, expected, tmp_path, monkeypatch):
    monkeypatch.setattr(json_stream, "LETTERS", letters)
    path = tmp_path / "file.json"
    path.write_text(text, encoding="utf-8")
    assert list(stream(path)) == expected


@pytest.mark.parametrize("text", ["", "7", "[1, 2", "[1 2]", "[1],", '{"a" 1}', '{"a": 1', "[1, 2]x", "nothing"])
def test_what_is_no_json_is_refused(text, tmp_path):
    path = tmp_path / "file.json"
    path.write_text(text)
    with pytest.raises(ValueError):  # noqa: PT011, of many kinds
        list(stream(path))


def test_a_long_list_is_never_in_memory_as_a_whole(tmp_path):
    path = tmp_path / "file.json"
    path.write_text(json.dumps([[0.5] * 100] * 50_000))
    import tracemalloc

    tracemalloc.start()
    assert sum(1 for _ in stream(path)) == 50_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < path.stat().st_size / 2

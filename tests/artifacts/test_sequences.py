"""The data contract: what is written reads back, and what does not fit together is refused by file."""

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from jointaware.artifacts.sequences import open_sequences, writing_sequences
from jointaware.errors import InputError


def test_a_split_is_its_sequences_end_to_end(sequences):
    joints = sequences.read("joints")
    np.testing.assert_array_equal(sequences.read("joints", "train"), joints[:95])
    np.testing.assert_array_equal(sequences.read("joints", "test"), joints[135:])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda table: table.drop(columns="camera"), "found columns"),
        (lambda table: table.assign(start=table["start"] + 1), "the rows end at frame 169"),
        (lambda table: table.iloc[:-1], "the rows end at frame 135"),
        (lambda table: table.iloc[[0, 2, 3]], "the rows end at frame"),
        (lambda table: table.iloc[:0], "the rows end at frame"),
        (lambda table: table.assign(frames="many"), "expected a table of sequences"),
    ],
)
def test_a_table_that_does_not_fit_its_arrays_is_refused(sequences, change, words):
    path = sequences.path.with_suffix(".csv")
    change(pd.read_csv(path)).to_csv(path, index=False)
    with pytest.raises(InputError, match=words) as caught:
        open_sequences(sequences.path)
    assert str(caught.value).startswith(str(path))


@pytest.mark.parametrize("flaw", ["no root", "other shape", "other type", "truncated", "empty", "foreign"])
def test_arrays_that_are_not_ours_are_refused(sequences, flaw):
    arrays, path = load_file(sequences.path), sequences.path
    if flaw == "no root":
        del arrays["root"]
    elif flaw == "other shape":
        arrays["joints"] = arrays["joints"][:, :16].copy()
    elif flaw == "other type":
        arrays["joints"] = arrays["joints"].astype(np.float64)
    save_file(arrays, path)
    if flaw in ("truncated", "empty", "foreign"):
        path.write_bytes({"truncated": path.read_bytes()[:500], "empty": b"", "foreign": b"PK\x03\x04" * 30}[flaw])
    with pytest.raises(InputError, match=r"sequences\.(safetensors|csv)"):
        open_sequences(path)


def test_pieces_written_in_any_order_are_what_safetensors_reads(sequences, tmp_path):
    arrays, path = load_file(sequences.path), tmp_path / "again.safetensors"
    with writing_sequences(path, sequences.table, mirrored_keypoints=range(17)) as write:
        for start in (95, 0):
            write(start, {name: array[start : start + 95] for name, array in arrays.items()})
    again = open_sequences(path)
    assert again.mirrored_keypoints == tuple(range(17))
    for name, array in load_file(path).items():
        np.testing.assert_array_equal(array, arrays[name])
        np.testing.assert_array_equal(again.read(name), arrays[name])


def test_sequences_that_stop_halfway_leave_nothing_and_the_earlier_ones_stay(sequences):
    before = sequences.path.read_bytes(), sequences.path.with_suffix(".csv").read_bytes()
    with pytest.raises(OSError, match="full"), writing_sequences(sequences.path, sequences.table) as write:
        write(0, load_file(sequences.path))
        raise OSError("disk full")
    assert (sequences.path.read_bytes(), sequences.path.with_suffix(".csv").read_bytes()) == before
    assert len(list(sequences.path.parent.iterdir())) == 2

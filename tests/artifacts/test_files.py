"""Tables and JSON with the digits that measurements have; names that look like missing values."""

import json

import numpy as np
import pandas as pd
import pytest

from jointaware.artifacts.files import read_table, write_json, write_table
from jointaware.errors import InputError


def test_json_has_no_nan(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "metrics.json", {"mpjpe_mm": float("nan")})
    assert not list(tmp_path.iterdir())


def test_measurements_have_six_digits_and_parameters_all(tmp_path):
    path = tmp_path / "metrics.json"
    values = {"mpjpe_mm": 123.45678901, "nested": [{"small": 1.23456789e-8}, 1234567, True, None, "x"]}
    write_json(path, values)
    expected = {"mpjpe_mm": 123.457, "nested": [{"small": 1.23457e-8}, 1234567, True, None, "x"]}
    assert json.loads(path.read_text()) == expected
    write_json(path, values, digits=None)
    assert json.loads(path.read_text()) == values


def test_differences_beyond_six_digits_write_the_same_bytes(tmp_path):
    table = pd.DataFrame({"action": ["NA", "a, b"], "mpjpe_mm": [46.123456, 1e-9], "frames": [1234567, 2]})
    write_table(tmp_path / "one.csv", table)
    write_table(tmp_path / "two.csv", table.assign(mpjpe_mm=table["mpjpe_mm"] * (1 + 1e-8)))
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (tmp_path / "one.csv").read_text() == 'action,mpjpe_mm,frames\nNA,46.1235,1234567\n"a, b",1e-09,2\n'


def test_names_that_pandas_takes_for_missing_values_are_read_as_they_are(tmp_path):
    names = ["NA", "null", "NULL", "None", "nan", "NaN", "n/a", "08", "", "1e5"]
    write_table(tmp_path / "t.csv", pd.DataFrame({"action": names, "error": [np.nan, *range(9)], "seed": range(10)}))
    table = read_table(tmp_path / "t.csv", text=["action"], numbers=["seed", "error"])
    assert table["action"].tolist() == names
    assert list(table.columns) == ["action", "seed", "error"]
    assert table["error"].isna().tolist() == [True] + [False] * 9
    assert table["seed"].dtype == np.int64


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "expected a table"),
        ("a,b\n1,2,3\n4,5,6,7\n", "expected a table"),
        ("a,c\nx,1\n", "found columns a, c, expected b among them"),
        ("a,b\nx,many\n", "column b: found .*many.*, expected numbers"),
        ("a,b\nx,NA\n", "column b: found .*NA.*, expected numbers"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(InputError, match=f"^{path}: .*{words}"):
        read_table(path, text=["a"], numbers=["b"])

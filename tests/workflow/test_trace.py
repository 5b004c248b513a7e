"""From any number of the tables to the bytes it was made from, and every byte that changed on the way."""

import json
import sys
from pathlib import Path

import pandas as pd
import pytest

from jointaware.artifacts.records import is_whole
from jointaware.errors import InputError
from jointaware.lineage.chain import Chain, DamagedError, Places
from jointaware.lineage.tables import KEYS, TABLES, Cell, Row, Tables
from workflow import trace

WALKING = Cell("protocol1", Row("joint_aware"), "Walking")


def start(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the command."""
    monkeypatch.setattr(sys, "argv", ["trace", *arguments])
    with pytest.raises(SystemExit) as ended:
        trace.main()
    return (ended.value.code, *capsys.readouterr())


def problems(cell: Cell) -> dict[str, str]:
    """What is wrong with a cell in the working folder: kind by path."""
    return {problem.path: problem.kind for problem in Tables(Chain.open(Places())).problems(cell)}


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_every_number_of_every_table_can_be_traced(checkout, monkeypatch, capsys):
    tables = Tables(Chain.open(Places()))
    for table in TABLES:
        text = pd.read_csv(checkout / f"results/tables/{table}.csv", dtype=str, keep_default_na=False)
        numbers = text.drop(columns=[*KEYS, "origin", "seeds", "statistic", "metric", "terms"], errors="ignore")
        cells = {cell: stored for cell, stored in tables.stored.items() if cell.table == table}
        assert sum(len(stored) for stored in cells.values()) == numbers.size
        for cell in cells:
            assert trace.find(tables, table, str(cell.row), cell.column) == cell
            assert tables.problems(cell) == []
    assert {cell.table for cell in tables.stored} == {path.stem for path in (checkout / "results/tables").glob("*.csv")}
    status, out, err = start(monkeypatch, capsys, "--all")
    assert (status, err) == (0, "")
    assert "differences: 126 numbers, 126 as their runs give them" in out


def test_a_trace_has_everything_behind_the_number(checkout, monkeypatch, capsys):
    status, out, _ = start(monkeypatch, capsys, "protocol1", "joint_aware", "Walking")
    assert status == 0
    record = json.loads((checkout / "models/joint_aware-1/run.json").read_text())
    manifest = json.loads((checkout / "data/manifest.json").read_text())
    table = pd.read_csv(checkout / "results/tables/protocol1.csv", dtype=str).set_index(["row", "statistic"])
    for statistic in ("mean", "std"):
        assert table.at[("joint_aware", statistic), "Walking"] in out
    for words in (
        "Pavllo et al. 2019: 32.8, arXiv 1811.11742 (VideoPose3D), Table 1a", "Gupta 2020: not legible",
        "from joint_aware-0:", "from joint_aware-1:", "train.epochs: 2", "experiment.weights.velocity: 10.0",
        "data.synthetic.frames: 30", "preprocess.detector.std_pixels: 3.0", "predict.use_flip: True",
        "evaluate.savitzky_golay.window: 9", f"torch {record['packages']['torch']}", record["commit"], record["device"],
        record["network_sha256"], record["sequences_sha256"], manifest["files"][0]["sha256"],
        manifest["files"][-1]["sha256"],
    ):  # fmt: skip
        assert words in out
    assert "baseline" not in out


def test_json_says_the_same(checkout, monkeypatch, capsys):
    _, out, _ = start(monkeypatch, capsys, "--json", "differences", "joint_aware, smoothed against wide", "mpjpe_mm")
    told = json.loads(out)
    assert list(told["statistics"]) == ["percent", "low", "high"]
    assert [run["run"] for run in told["runs"]] == ["joint_aware-0", "joint_aware-1", "wide-0", "wide-1"]
    assert told["parts"][0]["file"] == "results/runs/joint_aware-0/smoothed/by_sequence.csv"
    assert told["parts"][2]["file"] == "results/runs/wide-0/by_sequence.csv"
    assert told["problems"] == []


def test_one_byte_of_any_file_on_the_way_is_noticed(checkout):
    tables = Tables(Chain.open(Places()))
    cells = [WALKING, Cell("comparison", Row("joint_aware", "smoothed"), "mpjpe_mm")]
    paths = dict.fromkeys([*(link.path for cell in cells for link in tables.links(cell)), "results/record.json"])
    for name in (
        "data/raw/S9/Walking.npz", "data/manifest.json", "data/record.json", "data/sequences.safetensors",
        "data/sequences.csv", "models/joint_aware-1/network.safetensors", "models/joint_aware-1/run.json",
        "predictions/joint_aware-1.safetensors", "results/runs/joint_aware-1/record.json",
        "results/runs/joint_aware-1/by_action.csv", "results/runs/joint_aware-1/smoothed/metrics.json",
        "results/tables/protocol1.csv", "results/tables/protocol1.tex", "paper/table_07.csv",
    ):  # fmt: skip
        assert name in paths
    for path in map(Path, paths):
        rests = next((cell for cell in cells if path.as_posix() in {link.path for link in tables.links(cell)}), WALKING)
        for place in (0, path.stat().st_size // 2, path.stat().st_size - 1):
            flip(path, place)
            try:
                assert path.as_posix() in problems(rests), f"{path}, byte {place}"
            except DamagedError as error:
                assert str(path) in str(error)  # noqa: PT017, a record or table may not even be readable
            flip(path, place)
    assert problems(WALKING) == {}


def test_no_byte_of_the_record_itself_can_change_unseen(checkout):
    record = checkout / "results/record.json"
    assert is_whole(record)
    for place in range(0, record.stat().st_size, 101):
        flip(record, place)
        assert not is_whole(record), place
        flip(record, place)


@pytest.mark.parametrize("file", ["results/record.json", "results/tables/motion.csv"])
def test_a_file_that_cannot_even_be_read_is_named_with_exit_status_1(checkout, monkeypatch, capsys, file):
    (checkout / file).write_text("{")
    status, _, err = start(monkeypatch, capsys, "protocol1", "joint_aware", "Walking")
    assert status == 1
    assert file in err


def test_a_number_edited_by_hand_no_longer_follows_from_its_runs(checkout, monkeypatch, capsys):
    table = checkout / "results/tables/protocol1.csv"
    cell = Tables(Chain.open(Places())).stored[WALKING]["mean"]
    table.write_text(table.read_text().replace(cell, "12.3"))
    status, _, err = start(monkeypatch, capsys, "protocol1", "joint_aware", "Walking")
    assert status == 1
    assert f"joint_aware, Walking: mean is 12.3, expected {cell}" in err
    assert "results/tables/protocol1.csv: SHA-256 is" in err


def test_scores_edited_by_hand_are_named_and_change_the_number(checkout):
    scores = checkout / "results/runs/joint_aware-0/by_action.csv"
    rows = pd.read_csv(scores)
    rows.loc[rows["action"] == "Walking", "mpjpe_mm"] = 12.3
    rows.to_csv(scores, index=False)
    wrong = {"results/tables/protocol1.csv": "value", "results/runs/joint_aware-0/by_action.csv": "changed"}
    assert problems(WALKING) == wrong
    assert problems(Cell("protocol1", Row("wide"), "Walking")) == {}


def test_numbers_of_another_network_are_told(checkout):
    for name in ("network.safetensors", "run.json"):
        (checkout / "models/joint_aware-0" / name).write_bytes((checkout / "models/wide-0" / name).read_bytes())
    assert problems(WALKING) == {
        "models/joint_aware-0/run.json": "changed", "models/joint_aware-0/network.safetensors": "changed"
    }  # fmt: skip


def test_a_published_number_leads_to_its_table(checkout, monkeypatch, capsys):
    status, out, _ = start(monkeypatch, capsys, "velocity", "Gupta 2020", "Walking")
    assert status == 0
    assert "velocity, Gupta 2020, Walking: 3.0 mm/frame, MPJVE" in out
    assert "paper/table_09.csv" in out
    path = checkout / "paper/table_09.csv"
    path.write_text(path.read_text().replace(",3.0,2.7,", ",3.1,2.7,"))
    assert problems(Cell("velocity", Row("Gupta 2020"), "Walking")) == {
        "results/tables/velocity.csv": "value", "paper/table_09.csv": "changed"
    }  # fmt: skip


def test_what_is_not_here_is_named_and_the_rest_still_told(checkout, monkeypatch, capsys):
    network = checkout / "models/joint_aware-0/network.safetensors"
    network.unlink()
    status, out, err = start(monkeypatch, capsys, "protocol1", "joint_aware", "Walking")
    assert status == 1
    assert err.startswith("error: models/joint_aware-0/network.safetensors: not here")
    assert "from joint_aware-0:" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("protocol9", "wide", "Walking"), "TABLE: found 'protocol9', expected one of protocols"),
        (("protocol1", "joint_awar", "Walking"), "did you mean 'joint_aware'"),
        (("protocol1", "wide", "Wlaking"), "did you mean 'Walking'"),
        (("differences", "wide against joint_aware", "mpjpe_mm"), "ROW: found"),
    ],
)
def test_a_cell_that_is_not_there_is_told_with_what_there_is(checkout, monkeypatch, arguments, words):
    monkeypatch.setattr(sys, "argv", ["trace", *arguments])
    with pytest.raises(InputError, match="expected one of") as told:
        trace.main()
    assert words in str(told.value)


def test_without_tables_the_stage_that_makes_them_is_named(checkout, monkeypatch):
    (checkout / "results/record.json").unlink()
    monkeypatch.setattr(sys, "argv", ["trace", "--all"])
    with pytest.raises(InputError, match=r"results/record\.json: expected what `dvc repro aggregate` writes"):
        trace.main()


@pytest.mark.parametrize(
    "text", ["wide", "wide, smoothed", "joint_aware against wide", "a, smoothed against b, smoothed"]
)
def test_the_name_of_a_row_reads_back(text):
    assert str(Row.parse(text)) == text

"""The command that traces a number: what it prints, its exit status, and how it says what to do."""

import json
import subprocess
import sys

import pandas as pd
import pytest

from jointaware.errors import InputError
from jointaware.lineage.chain import Chain, Places
from jointaware.lineage.tables import Tables
from tests import tiny
from workflow import trace

NETWORK = "models/joint_aware/0/network.safetensors"


@pytest.fixture
def at_finished(finished, monkeypatch):
    """The finished pipeline as the working folder, to be left as it is."""
    monkeypatch.chdir(finished)
    return finished


def start(capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the command."""
    with pytest.raises(SystemExit) as ended:
        trace.main(arguments)
    return (ended.value.code, *capsys.readouterr())


def test_every_number_of_every_table_can_be_traced(at_finished, capsys):
    tables = Tables(Chain.open(Places()))
    for cell in tables.stored:
        assert trace.find(tables, cell.table, str(cell.row), cell.column) == cell
    status, out, err = start(capsys, "--all")
    assert (status, err) == (0, "")
    numbers = len(pd.read_csv("results/tables/differences.csv"))
    assert f"differences: {numbers} numbers, {numbers} follow from their runs" in out


def test_a_trace_has_everything_behind_the_number(at_finished, capsys):
    status, out, _ = start(capsys, "protocol1", "joint_aware", "Walking")
    assert status == 0
    record = json.loads((at_finished / "models/joint_aware/1/run.json").read_text())
    made = json.loads((at_finished / "results/provenance/joint_aware-1.json").read_text())
    manifest = json.loads((at_finished / "data/manifest.json").read_text())
    table = pd.read_csv(at_finished / "results/tables/protocol1.csv", dtype=str).set_index(["row", "statistic"])
    for statistic in ("mean", "std"):
        assert table.at[("joint_aware", statistic), "Walking"] in out
    for words in (
        "Pavllo et al. 2019: 32.8, arXiv 1811.11742 (VideoPose3D), Table 1a", "Gupta 2020: not legible",
        "from joint_aware-0:", "from joint_aware-1:", "train.epochs: 2", "train.losses.velocity: 20.0",
        "data.synthetic.frames: 30", "preprocess.detector.std_pixels: 5.28", "predict.use_flip: True",
        "evaluate.savitzky_golay.window: 9", f"torch {made['packages']['torch']}",
        f"made at commit {made['commit']} on {made['device']} ({made['processor']}), {made['seconds']:.1f} s",
        record["network_sha256"], record["sequences_sha256"], manifest["files"][0]["sha256"],
        manifest["files"][-1]["sha256"],
    ):  # fmt: skip
        assert words in out
    assert "baseline" not in out


def test_a_network_of_unknown_origin_is_told(checkout, capsys):
    (checkout / "results/provenance/joint_aware-0.json").unlink()
    other = checkout / "results/provenance/joint_aware-1.json"
    other.write_text(other.read_text().replace('"network_sha256": "', '"network_sha256": "0'))
    status, out, _ = start(capsys, "protocol1", "joint_aware", "Walking")
    assert status == 0
    assert out.count("  not recorded\n") == 2
    assert "made at commit" not in out


def test_json_says_the_same(at_finished, capsys):
    _, out, _ = start(capsys, "--json", "differences", "joint_aware, smoothed against wide", "mpjpe_mm")
    told = json.loads(out)
    assert list(told["statistics"]) == ["percent", "low", "high"]
    assert [run["run"] for run in told["runs"]] == ["joint_aware-0", "joint_aware-1", "wide-0", "wide-1"]
    assert told["parts"][0]["file"] == "results/runs/joint_aware/0/smoothed/by_sequence.csv"
    assert told["parts"][2]["file"] == "results/runs/wide/0/by_sequence.csv"
    assert told["problems"] == []


@pytest.mark.parametrize("file", ["results/record.json", "results/tables/motion.csv"])
def test_a_file_that_cannot_even_be_read_is_named_with_exit_status_1(checkout, capsys, file):
    (checkout / file).write_text("{")
    status, _, err = start(capsys, "protocol1", "joint_aware", "Walking")
    assert status == 1
    assert file in err


def test_a_number_edited_by_hand_no_longer_follows_from_its_runs(checkout, capsys):
    table = checkout / "results/tables/protocol1.csv"
    cell = trace.find(Tables(Chain.open(Places())), "protocol1", "joint_aware", "Walking")
    stored = Tables(Chain.open(Places())).stored[cell]["mean"]
    table.write_text(table.read_text().replace(stored, "12.3"))
    status, _, err = start(capsys, "protocol1", "joint_aware", "Walking")
    assert status == 1
    assert f"joint_aware, Walking: mean is 12.3, expected {float(stored):.6g}" in err
    assert "results/tables/protocol1.csv: SHA-256 is" in err


def test_a_published_number_leads_to_its_table(at_finished, capsys):
    status, out, _ = start(capsys, "velocity", "Gupta 2020", "Walking")
    assert status == 0
    assert "velocity, Gupta 2020, Walking: 3.0 mm/frame, MPJVE" in out
    assert "paper/table_09.csv" in out


def test_what_is_missing_is_named_and_the_rest_still_told(checkout, capsys):
    (checkout / NETWORK).unlink()
    status, out, err = start(capsys, "protocol1", "joint_aware", "Walking")
    assert status == 1
    assert err.startswith(f"error: {NETWORK}: missing")
    assert "from joint_aware-0:" in out


PIPELINE = {
    "stages": {
        "train": {
            "foreach": {"wide": {}, "narrow": {}},
            "do": {
                "cmd": "mkdir -p models/${key}/0 scores/${key} && touch models/${key}/0/a scores/${key}/b",
                "outs": ["models/${key}", {"scores/${key}": {"cache": False}}],
            },
        }
    }
}


def test_how_to_restore_a_file_within_a_folder_that_a_stage_writes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny.write_yaml(tmp_path / "dvc.yaml", PIPELINE)
    for arguments in (("init", "--no-scm", "--quiet"), ("repro", "train@wide")):
        subprocess.run([sys.executable, "-m", "dvc", *arguments], check=True, capture_output=True)
    for name in ("models/wide/0/a", "scores/wide/b"):
        (tmp_path / name).unlink()
    files = ["models/wide/0/a", "models/narrow/0/a", "scores/wide/b", "params.yaml"]
    assert trace.how_to_get(files) == [
        "models/wide: incomplete; run `dvc checkout models/wide`",
        "models/narrow: missing; run `dvc repro train@narrow`",
        "scores/wide: incomplete; run `git checkout scores/wide`",
        "params.yaml: missing",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("protocol9", "wide", "Walking"), "TABLE: found 'protocol9', expected one of protocols"),
        (("protocol1", "joint_awar", "Walking"), "did you mean 'joint_aware'"),
        (("protocol1", "wide", "Wlaking"), "did you mean 'Walking'"),
        (("differences", "wide against joint_aware", "mpjpe_mm"), "ROW: found"),
    ],
)
def test_a_cell_that_does_not_exist_is_told_with_those_that_do(at_finished, arguments, words):
    with pytest.raises(InputError, match="expected one of") as told:
        trace.main(arguments)
    assert words in str(told.value)


def test_without_tables_the_stage_that_makes_them_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"results/record\.json: missing; run `dvc repro aggregate`"):
        trace.main(["--all"])

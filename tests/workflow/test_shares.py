"""Weights at which terms are felt, from the history of a training."""

import pandas as pd
import pytest

from jointaware.errors import InputError
from tests.tiny import tiny_parameters, write_yaml
from workflow import shares


@pytest.fixture
def models(tmp_path, monkeypatch):
    """Two seeds of the experiment joint_aware, each with a warm-up epoch."""
    monkeypatch.chdir(tmp_path)
    parameters = tiny_parameters()
    parameters["experiments"]["joint_aware"]["losses"] = {"angle": 0.002, "velocity": 10.0, "range_of_motion": 0.1}
    write_yaml(tmp_path / "params.yaml", parameters)
    for seed, share in enumerate((0.01, 0.03)):
        folder = tmp_path / f"models/joint_aware/{seed}"
        folder.mkdir(parents=True)
        table = {"share_angle": [None, share], "share_velocity": [None, 0.5], "share_range_of_motion": [None, 0.0]}
        pd.DataFrame(table).to_csv(folder / "history.csv", index=False)
    return tmp_path / "models"


def test_a_weight_is_scaled_by_the_share_that_it_lacks(models, capsys):
    shares.main(["joint_aware", "--share", "0.3"])
    lines = {line.split()[0]: line.split(maxsplit=3)[1:] for line in capsys.readouterr().out.splitlines()}
    assert lines["term"] == ["weight", "share", "weight for 30%"]
    assert lines["angle"] == ["0.002", "2.00%", "0.03"]
    assert lines["velocity"] == ["10", "50.00%", "6"]
    assert lines["range_of_motion"] == ["0.1", "0.00%", "never felt"]


def test_a_training_that_did_not_log_them_is_named(models):
    path = models / "joint_aware/0/history.csv"
    path.write_text("epoch\n1\n")
    with pytest.raises(InputError, match="expected share_angle among them"):
        shares.main(["joint_aware"])
    with pytest.raises(InputError, match="found no experiment nothing, expected baseline"):
        shares.main(["nothing"])

"""The benchmark of Snakemake and SLURM: what it subtracts, what it reads, and that its runs are as many as it says."""

import pandas as pd
import pytest

from bench.cluster import __main__ as cluster
from bench.cluster import jobs
from jointaware.artifacts.parameters import load
from tests.house import ROOT


def written(path, **columns) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame([columns]).to_csv(path, sep="\t", index=False)


def test_snakemakes_own_time_is_what_its_jobs_did_not_take(tmp_path, monkeypatch):
    def seconds(command, folder):
        assert command.startswith("snakemake --cores 1")
        written(folder / "logs/fetch.tsv", s=2.0)
        written(folder / "logs/train/wide.tsv", s=3.0)
        return 9.0

    monkeypatch.setattr(cluster, "seconds", seconds)
    each, idle = cluster.snakemake(tmp_path / "runs", repetitions=2)
    assert each["median"] == pytest.approx((9 - 2 - 3) / 2)
    assert idle["repetitions"] == 2
    parameters = load(tmp_path / "runs/params.yaml")
    assert idle["what"].endswith(f"{len(parameters.seeds) * len(parameters.experiments)} runs")


def test_a_rule_needs_the_most_that_any_of_its_jobs_needed(tmp_path):
    written(tmp_path / "logs/train/wide.tsv", s=10.0, max_rss=300.0, cpu_time=20.0)
    written(tmp_path / "logs/train/baseline.tsv", s=4.0, max_rss=500.0, cpu_time=4.0)
    assert jobs.needed(tmp_path, "train") == {"jobs": 2, "seconds": 10.0, "MiB": 500.0, "cores": 2.0}


def test_what_every_rule_asks_for_is_read_from_snakemake():
    asked = jobs.demands(ROOT)
    assert len(asked) == 8
    assert min(asked["train"].values()) >= 1
    assert asked["train"]["asked_minutes"] == 7 * 24 * 60

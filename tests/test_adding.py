"""docs/adding.md followed to the letter in a copy of the checkout: one file and one row each, seen everywhere."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ruamel.yaml import YAML

from tests.house import ROOT
from tests.tiny import tiny_parameters, write_yaml
from tests.video import written

PAGE = (ROOT / "docs/adding.md").read_text(encoding="utf-8")
FILES = re.findall(r"^New file `([^`]+)`:\n\n```python\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
ROWS = re.findall(
    r"^Row of `(\w+)` in `([^`]+)`(?: \(with `([^`]+)` at its top\))?:\n\n```python\n(.*?)```",
    PAGE,
    re.MULTILINE | re.DOTALL,
)
COMMAND = re.search(r"`jointaware (lift take\.tsv [^`]+)`", PAGE)[1].split()
EXPERIMENT = YAML(typ="safe", pure=True).load(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])


def add_row(path: Path, table: str, line_at_the_top: str, row: str) -> None:
    """Put a row at the end of a table, and an import before the first one of the project."""
    text = path.read_text(encoding="utf-8")
    start = re.search(rf"^{table}\b.*= {{$", text, re.MULTILINE).end()
    end = text.index("\n}", start) + 1
    text = text[:end] + row + text[end:]
    if line_at_the_top:
        first = "from dataclasses import dataclass\n"
        text = text.replace(first, f"{first}{line_at_the_top}\n", 1)
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """A copy of the code with everything that the page adds, and tiny parameters that use it."""
    folder = tmp_path_factory.mktemp("adding")
    for name in ("jointaware", "stages", "workflow", "paper", "profiles", "bench/results", "dvc.yaml"):
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    for path, text in FILES:
        (folder / path).write_text(text, encoding="utf-8")
    for table, path, line_at_the_top, row in ROWS:
        add_row(folder / path, table, line_at_the_top, row)
    parameters = tiny_parameters()
    baseline = next(iter(parameters["experiments"]))
    parameters["seeds"] = [0]
    parameters["data"]["source"] = "statues"
    parameters["preprocess"] |= {"validation_every": 0, "subset": 1.0}
    parameters["preprocess"]["subjects"]["statues"] = {"train": ["S1", "S5"], "test": ["S9"]}
    parameters["train"] |= {"monitor": "test", "warm_up_epochs": 0}
    ours = {"role": "ours", "channels": 8, "clips": 4, "losses": {"jerk": 1.0, "velocity": 1.0}}
    parameters["experiments"] = {
        baseline: parameters["experiments"][baseline],
        "plain": {"role": "clips", "channels": 8, "clips": 4},
        "jerk": ours,
        "jerk_alone": ours | {"role": "ablation", "losses": {"jerk": 1.0}},
        "frames": {"channels": 8, "network": {"name": "single_frame"}},
    } | {name: settings | {"channels": 8, "clips": 4} for name, settings in EXPERIMENT.items()}
    write_yaml(folder / "params.yaml", parameters)
    program = "from tests.tiny import run_everything; from pathlib import Path; run_everything(Path())"
    (folder / "tests").mkdir()
    for name in ("__init__.py", "house.py", "tiny.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests" / name)
    run(folder, "-c", program)
    return folder


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def table(copy: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(copy / f"results/{name}.csv", dtype=str, keep_default_na=False)


def test_the_page_adds_one_of_each_with_one_file_and_one_row():
    assert [name for name, *_ in ROWS] == ["TERMS", "METRICS", "SOURCES", "NETWORKS", "FORMS"]
    assert len(FILES) == len(ROWS)


def test_the_new_metric_is_in_scores_tables_and_figures(copy):
    assert "outliers_percent" in json.loads((copy / "results/metrics.json").read_text())["jerk"]
    assert "outliers_percent" in table(copy, "tables/comparison")
    assert "outliers_percent" in set(table(copy, "tables/differences")["metric"])
    assert "outliers_percent" in table(copy, "figures/actions")
    assert "outliers" in (copy / "results/tables/comparison.md").read_text()


def test_the_new_loss_term_is_trained_and_in_the_ablation(copy):
    history = pd.read_csv(copy / "models/jerk/0/history.csv", keep_default_na=False)
    assert (history["jerk"].astype(float) > 0).all()
    ablation = table(copy, "tables/ablation")
    assert list(dict.fromkeys(ablation["terms"])) == ["jerk velocity", "jerk", "velocity"]


def test_the_new_network_and_the_new_experiment_have_rows(copy):
    rows = set(table(copy, "tables/protocols")["row"])
    assert {"frames", *EXPERIMENT} <= rows


def test_the_new_source_is_named_where_its_numbers_are(copy):
    assert json.loads((copy / "data/manifest.json").read_text())["source"] == "statues"
    assert "statues" in (copy / "results/tables/protocols.md").read_text()


def test_report_and_trace_know_all_of_them(copy):
    command = (copy / "dvc.yaml").read_text().partition("python -m stages.report")[2].partition("params:")[0]
    run(copy, "-m", "stages.report", *command.split())
    page = (copy / "results/report.html").read_text(encoding="utf-8")
    for word in ("outliers", "jerk", "statues", "frames"):
        assert word in page
    traced = run(copy, "-m", "workflow.trace", "comparison", "frames", "outliers_percent")
    assert "outliers" in traced
    assert "single_frame" in traced
    assert "statues" in traced


def test_the_new_form_of_keypoints_is_recognised_and_lifted_like_any_other(copy, tmp_path):
    take = written.keypoints(30)
    lines = ["\t".join(map(str, [frame, "Ann", *pose.ravel()])) for frame, pose in enumerate(take)]
    (tmp_path / "take.tsv").write_text("\n".join(lines), encoding="utf-8")
    network = written.network(tmp_path / "network.safetensors")
    of_another_form = written.alphapose(tmp_path, take)
    for path, out in ((tmp_path / "take.tsv", "table"), (of_another_form, "other")):
        replaced = {"take.tsv": path, "network.safetensors": network, "lifted": tmp_path / out}
        run(copy, "-m", "jointaware", *(str(replaced.get(word, word)) for word in COMMAND))
    (ours,), (theirs,) = ((tmp_path / out).glob("*.npz") for out in ("table", "other"))
    with np.load(ours) as table_, np.load(theirs) as other:
        np.testing.assert_array_equal(table_["joints"], other["joints"])


def test_a_mistake_in_the_new_form_is_one_line(copy, tmp_path):
    (tmp_path / "take.tsv").write_text("0\tAnn\t1.5\tleft\n", encoding="utf-8")
    network = written.network(tmp_path / "network.safetensors")
    replaced = {"take.tsv": tmp_path / "take.tsv", "network.safetensors": network}
    command = [sys.executable, "-m", "jointaware", *(str(replaced.get(word, word)) for word in COMMAND)]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert "take.tsv" in line
    assert "expected lines of frame, person" in line

"""A study of real motion, made up from the scores of the tiny pipeline."""

import json
from pathlib import Path

from jointaware.analysis.findings import judge
from jointaware.artifacts.files import write_table
from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import read_scores, runs_of
from jointaware.lineage.chain import Places
from jointaware.lineage.studies import list_files
from jointaware.mocap.actions import ACTIONS
from tests import tiny
from workflow.study.keep import gather_scores

ABOUT = {"looked_at": "These people were seen twice.", "chosen_on": "Chosen on `others`.", "history": []}


def make_study(folder: Path, name: str = "cmu") -> Path:
    """Keep the finished run in a folder as a study of the CMU database; returns where."""
    out = folder / "results/studies" / name
    out.mkdir(parents=True, exist_ok=True)
    with tiny.standing_in(folder):
        parameters, places = load(Path("params.yaml")), Places()
        scores = read_scores(runs_of(parameters), places.runs, places.models, places.provenance, list(ACTIONS))
        roles = {name: each.role for name, each in parameters.experiments.items()}
        write_table(out / "claims.csv", judge(Path("paper/claims.yaml"), scores, "cmu", roles))
        write_table(out / "by_sequence.csv", gather_scores(parameters, places))
    kept = tiny.read_yaml(folder / "params.yaml")
    kept["data"]["source"] = "cmu"
    tiny.write_yaml(out / "params.yaml", kept)
    (out / "about.json").write_text(json.dumps(ABOUT))
    list_files(out)
    return out

# The pipeline of dvc.yaml for machines that share the work: the same commands over the same files, as Snakemake rules.
# tests/workflow/test_snakemake.py holds the two equal. One checkout, one driver: see README.
import yaml


configfile: "params.yaml"


report: "workflow/report/workflow.rst"


if config != yaml.safe_load(open("params.yaml")):
    raise WorkflowError("The stages read params.yaml: edit that file instead of giving --config or --configfile.")

DVC_STAGES = yaml.safe_load(open("dvc.yaml"))["stages"]
RUNS = [f"{experiment}-{seed}" for experiment in config["experiments"] for seed in config["seeds"]]


def code(stage):
    """The code a stage depends on, and the data beside it, as dvc.yaml declares them."""
    return [file for file in DVC_STAGES[stage]["deps"] if file.startswith(("pose/", "mocap/", "stages/"))]


wildcard_constraints:
    experiment=r"[A-Za-z][A-Za-z0-9_]*",
    seed=r"\d+",


rule all:
    input:
        "results/report.html",


include: "workflow/rules/data.smk"
include: "workflow/rules/runs.smk"
include: "workflow/rules/results.smk"

# The pipeline of dvc.yaml for Snakemake, which runs stages in parallel. Each rule takes its command, inputs, outputs
# and parameters from the stage of the same name and adds resources; tests/workflow/test_snakemake.py compares both.
# Use either DVC or Snakemake in one checkout: see docs/clusters.md.
from workflow.graph import Graph, captions


report: "workflow/report/workflow.rst"


if config:
    raise WorkflowError("The stages read params.yaml: edit that file instead of giving --config or --configfile.")

graph = Graph()
seeds = len(graph.parameters.seeds)
LOGGED = " 2>&1 | tee {log:q}"
config["about"] = {
    "source": graph.parameters.data.source,
    "experiments": len(graph.parameters.experiments),
    "seeds": seeds,
}
config["captions"] = captions()


def outputs(stage):
    """Outputs of a stage; one without a suffix is a folder."""
    return [path if "." in path.rpartition("/")[2] else directory(path) for path in graph.rule(stage).outputs]


wildcard_constraints:
    experiment="|".join(graph.parameters.experiments),


rule all:
    input:
        "results/report.html",


include: "workflow/rules/data.smk"
include: "workflow/rules/runs.smk"
include: "workflow/rules/results.smk"

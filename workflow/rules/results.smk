# From all runs to tables and figures.


rule aggregate:
    input:
        code("aggregate"),
        "data/sequences.safetensors",
        "data/sequences.csv",
        "data/record.json",
        expand("models/{run}/history.csv", run=RUNS),
        expand("models/{run}/run.json", run=RUNS),
        expand("models/{run}/network.safetensors", run=RUNS),
        expand("predictions/{run}.safetensors", run=RUNS),
        expand("results/runs/{run}/metrics.json", run=RUNS),
        expand("results/runs/{run}/by_action.csv", run=RUNS),
        expand("results/runs/{run}/by_subject.csv", run=RUNS),
        expand("results/runs/{run}/by_joint.csv", run=RUNS),
        expand("results/runs/{run}/by_sequence.csv", run=RUNS),
        expand("results/runs/{run}/constraints.csv", run=RUNS),
        expand("results/runs/{run}/record.json", run=RUNS),
        expand("results/runs/{run}/frame_errors.safetensors", run=RUNS),
        expand("results/runs/{run}/smoothed", run=RUNS),
        "paper",
    output:
        "results/metrics.json",
        directory("results/tables"),
        directory("results/figures"),
        "results/claims.csv",
        "results/inconsistencies.csv",
        "results/record.json",
    params:
        source=config["data"]["source"],
        experiments=config["experiments"],
        seeds=config["seeds"],
    benchmark:
        "logs/aggregate.tsv"
    shell:
        "python -m stages.aggregate --params params.yaml --sequences data/sequences.safetensors --models models"
        " --predictions predictions --runs results/runs --paper paper --out results"

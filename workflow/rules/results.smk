# From all runs to tables and figures.


rule aggregate:
    input:
        code("aggregate"),
        "data/sequences.safetensors",
        "data/sequences.csv",
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
        expand("results/runs/{run}/frame_errors.safetensors", run=RUNS),
        expand("results/runs/{run}/smoothed", run=RUNS),
        "paper",
    output:
        "results/metrics.json",
        report(
            directory("results/tables"),
            patterns=["{table}.csv"],
            caption="../report/tables.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        report(
            directory("results/figures"),
            patterns=["{figure}.svg"],
            caption="../report/figures.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        report("results/claims.csv", caption="../report/claims.rst", category="Claims"),
        report("results/inconsistencies.csv", caption="../report/inconsistencies.rst", category="Claims"),
    params:
        source=config["data"]["source"],
        experiments=config["experiments"],
        seeds=config["seeds"],
    benchmark:
        "logs/aggregate.tsv"
    shell:
        "python -m stages.aggregate --params params.yaml --sequences data/sequences.safetensors --models models"
        " --predictions predictions --runs results/runs --paper paper --out results"

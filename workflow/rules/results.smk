# From all runs to tables, figures and a page.

OF_RUNS = [
    path.format(run=run)
    for run in RUNS
    for path in (
        "models/{run}/history.csv",
        "models/{run}/run.json",
        "models/{run}/network.safetensors",
        "predictions/{run}.safetensors",
        "results/runs/{run}/metrics.json",
        "results/runs/{run}/by_action.csv",
        "results/runs/{run}/by_subject.csv",
        "results/runs/{run}/by_joint.csv",
        "results/runs/{run}/by_sequence.csv",
        "results/runs/{run}/constraints.csv",
        "results/runs/{run}/record.json",
        "results/runs/{run}/frame_errors.safetensors",
        "results/runs/{run}/smoothed",
    )
]


rule aggregate:
    input:
        code("aggregate"),
        "data/sequences.safetensors",
        "data/sequences.csv",
        "data/record.json",
        OF_RUNS,
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


rule report:
    input:
        code("report"),
        config["data"]["path"],
        "data/raw",
        "data/manifest.json",
        "data/sequences.safetensors",
        "data/sequences.csv",
        "data/cameras.json",
        "data/record.json",
        OF_RUNS,
        "results/tables",
        "results/figures",
        "results/claims.csv",
        "results/inconsistencies.csv",
        "results/metrics.json",
        "results/record.json",
        "paper",
        "profiles",
        "bench/results",
    output:
        "results/report.html",
    params:
        parameters=config,
    benchmark:
        "logs/report.tsv"
    shell:
        "python -m stages.report --params params.yaml --sequences data/sequences.safetensors --models models"
        " --predictions predictions --results results --paper paper --profiles profiles --bench bench/results"
        " --out results/report.html"

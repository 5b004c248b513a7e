# From all runs to tables, figures and a page.

SHOWN = {
    "results/tables": {
        "patterns": ["{table}.csv"],
        "caption": "../report/tables.rst",
        "category": "Tables",
        "labels": {"table": "{table}"},
    },
    "results/figures": {
        "patterns": ["{figure}.svg"],
        "caption": "../report/figures.rst",
        "category": "Figures",
        "labels": {"figure": "{figure}"},
    },
    "results/claims.csv": {"caption": "../report/claims.rst", "category": "Claims"},
    "results/inconsistencies.csv": {"caption": "../report/inconsistencies.rst", "category": "Claims"},
}


rule aggregate:
    input:
        graph.rule("aggregate").inputs,
    output:
        [report(path, **SHOWN[str(path)]) if str(path) in SHOWN else path for path in outputs("aggregate")],
    log:
        "logs/aggregate.log",
    benchmark:
        "logs/aggregate.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        values=graph.values("aggregate"),
    shell:
        graph.rule("aggregate").command + LOGGED


rule report:
    input:
        graph.rule("report").inputs,
    output:
        outputs("report"),
    log:
        "logs/report.log",
    benchmark:
        "logs/report.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime="1h",
    params:
        values=graph.values("report"),
    shell:
        graph.rule("report").command + LOGGED

# From the chosen source of motion to sequences.


rule fetch:
    input:
        graph.rule("fetch").inputs,
    output:
        outputs("fetch"),
    params:
        values=graph.values("fetch"),
    resources:
        mem_mb=2000,
        runtime="4h",
    log:
        "logs/fetch.log",
    benchmark:
        "logs/fetch.tsv"
    shell:
        graph.rule("fetch").command + LOGGED


rule preprocess:
    input:
        graph.rule("preprocess").inputs,
    output:
        outputs("preprocess"),
    params:
        values=graph.values("preprocess"),
    resources:
        mem_mb=8000,
        runtime="1h",
    log:
        "logs/preprocess.log",
    benchmark:
        "logs/preprocess.tsv"
    shell:
        graph.rule("preprocess").command + LOGGED

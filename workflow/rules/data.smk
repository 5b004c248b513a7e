# From the chosen source of motion to sequences.


rule fetch:
    input:
        graph.rule("fetch").inputs,
    output:
        outputs("fetch"),
    log:
        "logs/fetch.log",
    benchmark:
        "logs/fetch.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=2000,
        runtime="4h",
    params:
        values=graph.values("fetch"),
    shell:
        graph.rule("fetch").command + LOGGED


rule preprocess:
    input:
        graph.rule("preprocess").inputs,
    output:
        outputs("preprocess"),
    log:
        "logs/preprocess.log",
    benchmark:
        "logs/preprocess.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime="1h",
    params:
        values=graph.values("preprocess"),
    shell:
        graph.rule("preprocess").command + LOGGED

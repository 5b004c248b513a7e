# One experiment with all its seeds: train, predict, smooth, evaluate.
# On a cluster with GPUs: --set-resources train:gpu=1 predict:gpu=1 smooth:gpu=1


def checkpoint(wildcards):
    """The network of an experiment that was trained elsewhere; only params.yaml names this file, dvc.yaml cannot."""
    return graph.parameters.experiments[wildcards.experiment].checkpoint or []


rule train:
    input:
        graph.rule("train").inputs,
        checkpoint,
    output:
        outputs("train"),
    params:
        values=graph.values("train"),
    threads: seeds * graph.parameters.train.threads
    resources:
        mem_mb=6000 * seeds,
        runtime="7d",
    log:
        "logs/train/{experiment}.log",
    benchmark:
        "logs/train/{experiment}.tsv"
    shell:
        graph.rule("train").command + LOGGED


rule predict:
    input:
        graph.rule("predict").inputs,
    output:
        outputs("predict"),
    params:
        values=graph.values("predict"),
    resources:
        mem_mb=4000,
        runtime="2h",
    log:
        "logs/predict/{experiment}.log",
    benchmark:
        "logs/predict/{experiment}.tsv"
    shell:
        graph.rule("predict").command + LOGGED


rule smooth:
    input:
        graph.rule("smooth").inputs,
    output:
        outputs("smooth"),
    params:
        values=graph.values("smooth"),
    resources:
        mem_mb=8000,
        runtime="12h",
    log:
        "logs/smooth/{experiment}.log",
    benchmark:
        "logs/smooth/{experiment}.tsv"
    shell:
        graph.rule("smooth").command + LOGGED


rule evaluate:
    input:
        graph.rule("evaluate").inputs,
    output:
        outputs("evaluate"),
    params:
        values=graph.values("evaluate"),
    resources:
        mem_mb=8000,
        runtime="1h",
    log:
        "logs/evaluate/{experiment}.log",
    benchmark:
        "logs/evaluate/{experiment}.tsv"
    shell:
        graph.rule("evaluate").command + LOGGED

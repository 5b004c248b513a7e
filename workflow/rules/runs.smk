# One experiment with all its seeds: train, predict, smooth, evaluate.
# On a cluster with GPUs: --set-resources train:gpu=1 predict:gpu=1 smooth:gpu=1, or the same in workflow/profiles/slurm.


rule train:
    input:
        graph.rule("train").inputs,
        checkpoint,
    output:
        outputs("train"),
    log:
        "logs/train/{experiment}.log",
    benchmark:
        "logs/train/{experiment}.tsv"
    conda:
        "../envs/stages.yaml"
    threads: seeds * graph.parameters.train.threads
    resources:
        nodes=1,
        mem_mb=lambda wildcards, attempt: 10000 * seeds * attempt,
        runtime="7d",
    params:
        values=graph.values("train"),
        launcher=launcher,
    shell:
        graph.rule("train").command.replace("python", "{params.launcher}", 1) + LOGGED


rule predict:
    input:
        graph.rule("predict").inputs,
    output:
        outputs("predict"),
    log:
        "logs/predict/{experiment}.log",
    benchmark:
        "logs/predict/{experiment}.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=4000,
        runtime="2h",
    params:
        values=graph.values("predict"),
    shell:
        graph.rule("predict").command + LOGGED


rule smooth:
    input:
        graph.rule("smooth").inputs,
    output:
        outputs("smooth"),
    log:
        "logs/smooth/{experiment}.log",
    benchmark:
        "logs/smooth/{experiment}.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime="12h",
    params:
        values=graph.values("smooth"),
    shell:
        graph.rule("smooth").command + LOGGED


rule evaluate:
    input:
        graph.rule("evaluate").inputs,
    output:
        outputs("evaluate"),
    log:
        "logs/evaluate/{experiment}.log",
    benchmark:
        "logs/evaluate/{experiment}.tsv"
    conda:
        "../envs/stages.yaml"
    resources:
        mem_mb=8000,
        runtime="1h",
    params:
        values=graph.values("evaluate"),
    shell:
        graph.rule("evaluate").command + LOGGED

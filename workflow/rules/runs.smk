# One experiment with one seed: train, predict, evaluate.


def checkpoint(wildcards):
    """The file of an experiment that was trained elsewhere."""
    return config["experiments"][wildcards.experiment].get("checkpoint", [])


rule train:
    input:
        code("train"),
        checkpoint,
        "data/sequences.safetensors",
        "data/sequences.csv",
    output:
        "models/{experiment}-{seed}/network.safetensors",
        "models/{experiment}-{seed}/history.csv",
        "models/{experiment}-{seed}/run.json",
    params:
        train=config["train"],
        experiment=lambda wildcards: config["experiments"][wildcards.experiment],
    threads: 1
    benchmark:
        "logs/train/{experiment}-{seed}.tsv"
    shell:
        "python -m stages.train --params params.yaml --experiment {wildcards.experiment} --seed {wildcards.seed}"
        " --sequences data/sequences.safetensors --out models/{wildcards.experiment}-{wildcards.seed}"


rule predict:
    input:
        code("predict"),
        "data/sequences.safetensors",
        "data/sequences.csv",
        "models/{experiment}-{seed}/network.safetensors",
    output:
        "predictions/{experiment}-{seed}.safetensors",
    params:
        predict=config["predict"],
    threads: 1
    benchmark:
        "logs/predict/{experiment}-{seed}.tsv"
    shell:
        "python -m stages.predict --params params.yaml --sequences data/sequences.safetensors"
        " --network models/{wildcards.experiment}-{wildcards.seed}/network.safetensors"
        " --out predictions/{wildcards.experiment}-{wildcards.seed}.safetensors"


rule evaluate:
    input:
        code("evaluate"),
        "data/sequences.safetensors",
        "data/sequences.csv",
        "predictions/{experiment}-{seed}.safetensors",
    output:
        "results/runs/{experiment}-{seed}/metrics.json",
        "results/runs/{experiment}-{seed}/by_action.csv",
        "results/runs/{experiment}-{seed}/by_subject.csv",
        "results/runs/{experiment}-{seed}/by_joint.csv",
        "results/runs/{experiment}-{seed}/by_sequence.csv",
        "results/runs/{experiment}-{seed}/constraints.csv",
        "results/runs/{experiment}-{seed}/record.json",
        "results/runs/{experiment}-{seed}/frame_errors.safetensors",
        directory("results/runs/{experiment}-{seed}/smoothed"),
    params:
        evaluate=config["evaluate"],
    benchmark:
        "logs/evaluate/{experiment}-{seed}.tsv"
    shell:
        "python -m stages.evaluate --params params.yaml --sequences data/sequences.safetensors"
        " --predictions predictions/{wildcards.experiment}-{wildcards.seed}.safetensors"
        " --out results/runs/{wildcards.experiment}-{wildcards.seed}"

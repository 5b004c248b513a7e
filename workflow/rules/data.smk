# From the chosen source of motion to sequences.


rule fetch:
    input:
        code("fetch"),
        config["data"]["path"],
    output:
        directory("data/raw"),
        "data/manifest.json",
    params:
        data=config["data"],
        subjects=config["preprocess"]["subjects"]["h36m"],
    benchmark:
        "logs/fetch.tsv"
    shell:
        "python -m stages.fetch --params params.yaml --raw data/raw --manifest data/manifest.json"


rule preprocess:
    input:
        code("preprocess"),
        config["data"]["path"],
        "data/raw",
        "data/manifest.json",
    output:
        "data/sequences.safetensors",
        "data/sequences.csv",
        "data/cameras.json",
        "data/record.json",
    params:
        source=config["data"]["source"],
        h36m=config["data"]["h36m"],
        preprocess=config["preprocess"],
    benchmark:
        "logs/preprocess.tsv"
    shell:
        "python -m stages.preprocess --params params.yaml --raw data/raw --manifest data/manifest.json"
        " --sequences data/sequences.safetensors --cameras data/cameras.json"

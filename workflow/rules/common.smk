# What the rules share.


def outputs(stage):
    """Outputs of a stage; one without a suffix is a folder."""
    return [path if "." in path.rpartition("/")[2] else directory(path) for path in graph.rule(stage).outputs]


def checkpoint(wildcards):
    """The network of an experiment that was trained elsewhere; only params.yaml names this file, dvc.yaml cannot."""
    return graph.parameters.experiments[wildcards.experiment].checkpoint or []


def launcher(wildcards, resources):
    """What runs a training: torchrun, where it has several GPUs or, on CPUs, several `processes`."""
    count = max(resources.get(name, 1) for name in ("gpu", "processes"))
    return f"torchrun --standalone --nproc-per-node {count}" if count > 1 else "python"

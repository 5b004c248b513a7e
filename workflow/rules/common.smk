# What the rules share.


def outputs(stage):
    """Outputs of a stage; one without a suffix is a folder."""
    return [path if "." in path.rpartition("/")[2] else directory(path) for path in graph.rule(stage).outputs]


def checkpoint(wildcards):
    """The network of an experiment that was trained elsewhere; only params.yaml names this file, dvc.yaml cannot."""
    return graph.parameters.experiments[wildcards.experiment].checkpoint or []

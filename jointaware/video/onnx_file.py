"""Write a network as ONNX, for programs without PyTorch.

Input: keypoints (batch, frames, 17, 2), normalised as the network was trained. Output: joints (batch, frames -
receptive field + 1, 17, 3), metres, camera frame, root-relative; with the normalisation `person` in the frame of the
camera turned to the root. The receptive field and what the network was trained on are in the file's metadata.
"""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from jointaware.artifacts.network_files import NetworkInput, read_network, read_network_input
from jointaware.atomic import writing
from jointaware.errors import InputError
from jointaware.pose.lifting import LiftingNetwork
from jointaware.pose.skeleton import JOINTS


def main(argv: Sequence[str]) -> None:
    """Run `jointaware onnx`."""
    command = argparse.ArgumentParser(
        prog="jointaware onnx", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument("network", type=Path, metavar="NETWORK", help="a network that stages.train wrote")
    command.add_argument("--out", type=Path, required=True, metavar="FILE", help="the .onnx file to write")
    arguments = command.parse_args(argv)
    network, expects = read_network(arguments.network), read_network_input(arguments.network)
    with writing(arguments.out) as temporary:
        write_onnx(temporary, network, expects)
    print(arguments.out)


def write_onnx(path: Path, network: LiftingNetwork, expects: NetworkInput | None) -> None:
    """Write a network in evaluation mode; frames are a free dimension. expects: written to the metadata."""
    try:
        import onnx
        import onnxscript  # noqa: F401, PyTorch's exporter needs it
    except ImportError as error:
        raise InputError(f"{path.name}: needs a package that is not installed: pip install {error.name}") from error
    keypoints = torch.zeros(2, network.receptive_field + 8, len(JOINTS), 2)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the exporter about itself
        program = torch.onnx.export(
            network,
            (keypoints,),
            input_names=["keypoints"],
            output_names=["joints"],
            dynamic_shapes={"keypoints": {0: "batch", 1: "frames"}},
            dynamo=True,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    about = {"receptive_field": network.receptive_field, "causal": network.causal}
    about |= (expects or NetworkInput()).to_json()
    onnx.helper.set_model_props(model, {key: json.dumps(value) for key, value in about.items()})
    onnx.save(model, str(path))

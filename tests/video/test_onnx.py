"""A network as ONNX gives what it gives in PyTorch."""

import json

import numpy as np
import pytest
import torch

from jointaware.__main__ import main
from jointaware.artifacts.network_files import read_network
from tests.video import written

pytest.importorskip("onnxscript", reason="pip install .[onnx]")
onnxruntime = pytest.importorskip("onnxruntime")


@pytest.mark.slow
@pytest.mark.parametrize("causal", [False, True])
def test_onnxruntime_gives_the_same_joints(causal, tmp_path, capsys):
    network = written.network(tmp_path / "network.safetensors", causal=causal)
    main(["onnx", str(network), "--out", str(tmp_path / "network.onnx")])
    session = onnxruntime.InferenceSession(str(tmp_path / "network.onnx"))
    about = session.get_modelmeta().custom_metadata_map
    assert (json.loads(about["receptive_field"]), json.loads(about["layout"])) == (9, "coco")
    for frames in (9, 40):
        keypoints = torch.rand(2, frames, 17, 2)
        with torch.no_grad():
            expected = read_network(network)(keypoints).numpy()
        (found,) = session.run(None, {"keypoints": keypoints.numpy()})
        np.testing.assert_allclose(found, expected, atol=1e-4)

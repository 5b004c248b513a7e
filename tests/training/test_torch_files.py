"""Files of `torch.save`: the same tensors as `torch.load` reads, and no more memory than a file holds."""

import zipfile

import pytest
import torch

from jointaware.errors import InputError
from jointaware.training.torch_files import open_torch_file, stored_tensor


def save(path, content, zipped=True):
    torch.save(content, path, _use_new_zipfile_serialization=zipped)


def read(path):
    with open_torch_file(path) as file:
        return file.tensors({name: stored_tensor(value) for name, value in file.content.items.items()})


@pytest.mark.parametrize("zipped", [True, False])
def test_tensors_are_those_that_torch_reads(tmp_path, zipped):
    base = torch.arange(24.0).reshape(2, 3, 4)
    tensors = {
        "whole": base,
        "part": base[1:, 1:],
        "transposed": base.mT,
        "double": base.double(),
        "half": base.half(),
        "bfloat16": base.bfloat16(),
        "integers": base.long(),
        "scalar": torch.tensor(3),
        "parameter": torch.nn.Parameter(base),
    }
    path = tmp_path / "tensors.pt"
    save(path, tensors, zipped)
    found, expected = read(path), torch.load(path, weights_only=True)
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype
        assert torch.equal(found[name], tensor)


@pytest.mark.parametrize("zipped", [True, False])
def test_an_expanded_tensor_takes_no_memory(tmp_path, zipped):
    path = tmp_path / "tensors.pt"
    save(path, {"a": torch.zeros(1).expand(10**12)}, zipped)
    with pytest.raises(
        InputError, match=r"tensors\.pt: found .* bytes that declare 4,000,000,000,000 bytes of weights"
    ):
        read(path)


def rewritten(path, change, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, change(name, content))


def test_a_tensor_beyond_its_storage_is_refused(tmp_path):
    path = tmp_path / "tensors.pt"
    save(path, {"a": torch.zeros(100)})
    rewritten(path, lambda name, content: content[:-4] if name.endswith("data/0") else content)
    with pytest.raises(ValueError, match="exceeds its storage of 99 numbers"):
        read(path)


def test_a_compressed_archive_is_read_but_no_bomb(tmp_path):
    path = tmp_path / "tensors.pt"
    save(path, {"a": torch.randn(1000)})
    expected = read(path)["a"]
    rewritten(path, lambda _, content: content, zipfile.ZIP_DEFLATED)
    assert torch.equal(read(path)["a"], expected)
    save(path, {"a": torch.zeros(10**7)})
    rewritten(path, lambda _, content: content, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="declare 40,000,000 bytes"):
        read(path)


def test_a_pickle_that_expands_is_refused(tmp_path):
    path = tmp_path / "tensors.pt"
    save(path, {"a": torch.zeros(1)})
    bomb = b"\x80\x02" + b"]" * 10**7 + b"."
    rewritten(path, lambda name, content: bomb if name.endswith("data.pkl") else content, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"data.pkl declares 10,000,003 bytes"):
        read(path)


def test_an_archive_of_another_byte_order_is_refused(tmp_path):
    path = tmp_path / "tensors.pt"
    save(path, {"a": torch.zeros(1)})
    rewritten(path, lambda name, content: b"big" if name.endswith("byteorder") else content)
    with pytest.raises(InputError, match="big-endian"):
        read(path)

"""Arithmetic that a device has not is replaced, and said."""

import pytest
import torch

from jointaware.training.devices import choose_precision

CPU = torch.device("cpu")


@pytest.mark.parametrize(("has", "chosen"), [(True, "bfloat16"), (False, "float32")])
def test_half_precision_is_used_where_the_processor_has_it(has, chosen, monkeypatch, capsys):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has}, raising=False)
    assert choose_precision("bfloat16", CPU) == chosen
    assert ("train.precision: cpu has no bfloat16" in capsys.readouterr().err) is not has


def test_where_nothing_is_known_of_the_processor_it_is_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision("bfloat16", CPU) == "float32"


def test_tf32_is_for_gpus(capsys):
    assert choose_precision("tf32", CPU) == "float32"
    assert capsys.readouterr().err.count("\n") == 1


def test_float32_is_never_replaced(capsys):
    assert choose_precision("float32", CPU) == "float32"
    assert capsys.readouterr().err == ""

"""Precision: float32 replaces what a device does not support, with a note."""

import os
import subprocess
import sys

import pytest
import torch

from jointaware.training.devices import choose_precision
from tests.house import ROOT

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def limited(monkeypatch):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")


@pytest.mark.parametrize(("has", "chosen"), [(True, "bfloat16"), (False, "float32")])
def test_bfloat16_is_used_where_the_cpu_supports_it(has, chosen, monkeypatch, capsys):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": has}, raising=False)
    assert choose_precision("bfloat16", CPU) == chosen
    assert ("train.precision: cpu does not support bfloat16" in capsys.readouterr().err) is not has
    assert ("ONEDNN_MAX_CPU_ISA" in os.environ) is not has


def test_where_the_capabilities_of_the_cpu_are_unknown_it_is_float32(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert choose_precision("bfloat16", CPU) == "float32"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_onednn_uses_bfloat16_instructions_for_bfloat16_only(precision):
    """As oneDNN itself reports, in a process that starts like a stage."""
    if not getattr(torch.cpu, "get_capabilities", dict)().get("avx512_bf16"):
        pytest.skip("this CPU has no bfloat16 instructions")
    code = (
        "import stages, torch; from jointaware.training.devices import choose_precision;"
        f"choose_precision({precision!r}, torch.device('cpu')); ones = torch.ones(64, 64).bfloat16(); ones @ ones"
    )
    environment = os.environ | {"ONEDNN_VERBOSE": "1"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    (isa,) = [line for line in done.stdout.splitlines() if ",cpu,isa:" in line] or [""]
    assert ("AVX-512" in isa) == (precision == "bfloat16")


def test_tf32_is_for_gpus(capsys):
    assert choose_precision("tf32", CPU) == "float32"
    assert capsys.readouterr().err.count("\n") == 1


def test_float32_is_never_replaced(capsys):
    assert choose_precision("float32", CPU) == "float32"
    assert capsys.readouterr().err == ""

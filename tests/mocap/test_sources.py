"""The table of sources: light, complete, and every reference leads to a function of the right signature."""

import inspect
import subprocess
import sys
from pkgutil import resolve_name

import pytest

from jointaware.mocap.sources import SOURCES, Fetch, Missing, Read, ReadDetections

TYPES = {"fetch": Fetch, "read": Read, "detections": ReadDetections, "missing": Missing}
REFERENCES = {
    (name, function): reference
    for name, source in SOURCES.items()
    for function in TYPES
    if (reference := getattr(source, function)) is not None
}


def parameters(function) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != "self"]


@pytest.mark.parametrize(("name", "function"), REFERENCES)
def test_every_reference_is_a_function_with_the_parameters_of_its_type(name, function):
    resolved = resolve_name(REFERENCES[name, function])
    assert parameters(resolved) == parameters(TYPES[function].__call__)


@pytest.mark.parametrize("name", SOURCES)
def test_every_row_and_every_setting_is_described(name):
    source = SOURCES[name]
    assert source.words
    assert source.licence
    for field in source.settings.model_fields.values():
        assert field.description


def test_every_source_can_be_fetched_and_read():
    assert {(name, function) for name in SOURCES for function in ("fetch", "read")} <= set(REFERENCES)


def test_the_table_imports_no_heavy_library():
    code = "import sys, jointaware.mocap.sources; print(*{'numpy', 'scipy', 'torch'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []

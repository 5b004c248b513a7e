"""The table of sources: light, complete, every reference resolves, and a row is all that a new source needs."""

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from pkgutil import resolve_name

import numpy as np
import pytest

from jointaware.mocap.loading import Loader
from jointaware.mocap.sources import SOURCES, Fetch, Missing, NoSettings, Read, ReadDetections, Source
from jointaware.mocap.take import Take

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


def fetch(settings, path, raw, subjects) -> dict[Path, str]:
    """Of a source made up here."""
    return {raw / f"{subject}.txt": "made up" for subject in subjects}


def read(settings, path, raw, subjects, skipped) -> Iterator[Take]:
    for subject in subjects:
        take = Take(subject, "Walking", "", np.zeros((1, 17, 3), np.float32), 50.0)
        if take.name not in skipped:
            yield take


def test_a_row_and_two_functions_make_a_source(tmp_path):
    source = Source("made up", "none", NoSettings, fetch=f"{__name__}:fetch", read=f"{__name__}:read")
    loader = Loader(source, NoSettings(), tmp_path, tmp_path, ("A", "B"))
    assert loader.missing() is None
    assert list(loader.fetch()) == [tmp_path / "A.txt", tmp_path / "B.txt"]
    assert [take.name for take in loader.takes(["A/Walking"])] == ["B/Walking"]
    assert loader.detections(50.0) is None

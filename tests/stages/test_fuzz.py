"""Every stage on inputs that nobody thinks of: it succeeds, or says one line; never a traceback.

A stage's `main` is called as on the command line, in a child with limited memory and time. FUZZ_EXAMPLES: examples of
each input, more of them by hand.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from bench.faults._checkout import OF_EXPERIMENTS, OURS, STEPS, Grounds, Step
from bench.faults._verdict import complaint
from bench.faults.mutations import PREDICTIONS, SCORING
from tests.tiny import read_yaml, write_yaml

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "4"))
FUZZ = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=EXAMPLES,
    phases=[Phase.explicit, Phase.generate],  # shrinking a failure reruns a stage hundreds of times
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CALLS = {step.stage: step.call for step in STEPS}

TEXTS = st.sampled_from(
    [
        "",
        "NA",
        "null",
        "nan",
        "1",
        "-1",
        "1e999",
        "true",
        "é ü",
        "\ud7ff\U0001f9cd",
        "../x",
        "/dev/zero",
        "a\nb",
        "x" * 999,
    ]
)
NUMBERS = st.sampled_from(
    [0, -1, 1, 2, 10**6, 2**31, 2**63, 10**30, 0.0, -0.5, 1e-300, 0.01, 0.999999, 1e300, float("nan"), float("inf")]
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))

DOCUMENTS = {
    **{f"params.yaml in {stage}": ("params.yaml", stage) for stage in CALLS},
    "manifest": ("data/manifest.json", "preprocess"),
    "record of preprocess": ("data/record.json", "aggregate"),
    "record of evaluate": (f"results/runs/{OURS}/0/record.json", "aggregate"),
    "record of aggregate": ("results/record.json", "report"),
    "cameras": ("data/cameras.json", "report"),
    "run": (f"models/{OURS}/0/run.json", "aggregate"),
    "run in predict": (f"models/{OURS}/0/run.json", "predict"),
    "provenance": (f"results/provenance/{OURS}-0.json", "aggregate"),
    "averages": (f"results/runs/{OURS}/0/metrics.json", "aggregate"),
    "claims": ("paper/claims.yaml", "aggregate"),
}
TABLES = {
    **{
        f"sequences in {stage}": ("data/sequences.csv", stage)
        for stage in ("train", "predict", "smooth", "evaluate", "aggregate")
    },
    "history": (f"models/{OURS}/0/history.csv", "aggregate"),
    **{
        name: (f"results/runs/{OURS}/0/{name}.csv", "aggregate")
        for name in (
            "by_action",
            "by_joint",
            "by_sequence",
            "constraints",
            "smoothed/by_sequence",
            "learned/by_sequence",
        )
    },
    "published": ("paper/table_03.csv", "aggregate"),
    "printed in report": ("paper/table_07.csv", "report"),
    "verdicts": ("results/claims.csv", "report"),
    "comparison": ("results/tables/comparison.csv", "report"),
    "speed": ("bench/results/speed.csv", "report"),
}
ARRAYS = {
    **{
        f"sequences in {stage}": ("data/sequences.safetensors", stage)
        for stage in ("train", "predict", "smooth", "evaluate")
    },
    "network": (f"models/{OURS}/0/network.safetensors", "predict"),
    "network in smooth": (f"models/{OURS}/0/network.safetensors", "smooth"),
    "predictions": (f"predictions/{OURS}/0.safetensors", "evaluate"),
    "predictions in smooth": (f"predictions/{OURS}/0.safetensors", "smooth"),
    "smoothed predictions": (f"smoothers/{OURS}/0/predictions.safetensors", "evaluate"),
    "predictions in aggregate": (f"predictions/{OURS}/0.safetensors", "aggregate"),
    "frame errors": (f"frame_errors/{OURS}/0.safetensors", "report"),
    "predictions as npz": (PREDICTIONS, "scoring"),
}


@pytest.fixture(scope="module")
def grounds(tmp_path_factory) -> Grounds:
    return Grounds(tmp_path_factory.mktemp("grounds"))


def held(grounds: Grounds, folder: Path, stage: str) -> None:
    """Fail unless the stage succeeds or says one line; what it was asked to do may take long."""
    ended = grounds.run(SCORING if stage == "scoring" else CALLS[stage], folder)
    if not ended.hangs and ended.status >= 0:
        assert not complaint(ended, is_measured=False)


@pytest.mark.parametrize("name", DOCUMENTS)
@FUZZ
@given(data=st.data())
def test_no_document_ends_in_a_traceback(grounds, name, data):
    file, stage = DOCUMENTS[name]
    with grounds.copy(grounds.finished) as folder:
        path = folder / file
        content = read_yaml(path) if path.suffix == ".yaml" else json.loads(path.read_text())
        changed = data.draw(edited(content))
        if path.suffix == ".yaml":
            write_yaml(path, changed)
        else:
            path.write_text(json.dumps(changed))
        held(grounds, folder, stage)


@pytest.mark.parametrize("name", TABLES)
@FUZZ
@given(data=st.data())
def test_no_table_ends_in_a_traceback(grounds, name, data):
    file, stage = TABLES[name]
    with grounds.copy(grounds.finished) as folder:
        table = pd.read_csv(folder / file, dtype=str, keep_default_na=False)
        data.draw(edited_table(table)).to_csv(folder / file, index=False)
        held(grounds, folder, stage)


@pytest.mark.parametrize("name", ARRAYS)
@FUZZ
@given(data=st.data())
def test_no_array_ends_in_a_traceback(grounds, name, data):
    file, stage = ARRAYS[name]
    with grounds.copy(grounds.finished) as folder:
        with safe_open(
            folder / (file if stage != "scoring" else f"predictions/{OURS}/0.safetensors"), "numpy"
        ) as opened:
            arrays = {name: opened.get_tensor(name) for name in sorted(opened.keys())}
            metadata = opened.metadata() or {}
        changed = data.draw(st.sampled_from(sorted(arrays)))
        arrays[changed] = data.draw(edited_array(arrays[changed]))
        if metadata and data.draw(st.booleans()):
            key = data.draw(st.sampled_from(sorted(metadata)))
            with suppress(json.JSONDecodeError):  # a digest is no JSON
                metadata[key] = data.draw(edited(json.loads(metadata[key])).map(json.dumps))
            metadata[key] = data.draw(TEXTS | st.just(metadata[key]))
        if stage == "scoring":
            np.savez(folder / file, **arrays)
        else:
            save_file(arrays, folder / file, metadata)
        held(grounds, folder, stage)


@pytest.mark.parametrize("stage", CALLS)
@FUZZ
@given(arguments=st.lists(TEXTS | st.sampled_from(["--params", "--seed", "--out", "--device", "params.yaml", "."])))
def test_no_argument_ends_in_a_traceback(grounds, stage, arguments):
    words = [word for word in arguments if "\0" not in word]
    with grounds.copy(grounds.finished) as folder:
        ended = grounds.run(Step(stage, OURS * (stage in OF_EXPERIMENTS)).with_arguments(words), folder)
        assert "Traceback" not in ended.stderr
        assert ended.status in (0, 2)


@st.composite
def edited(draw, content):
    """The content with one value, at any depth, replaced, left out or added."""
    places = [()]
    for place in places:
        inner = at(content, place)
        keys = list(inner) if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
        places.extend((*place, key) for key in list(keys)[:20])
    place = draw(st.sampled_from(places))
    if not place:
        return draw(VALUES)
    parent, key = at(content, place[:-1]), place[-1]
    match draw(st.sampled_from(["replace", "replace", "delete", "add"])):
        case "replace":
            parent[key] = draw(VALUES)
        case "delete":
            del parent[key]
        case "add" if isinstance(parent, dict):
            parent[draw(TEXTS)] = draw(VALUES)
        case "add":
            parent.insert(key, draw(VALUES))
    return content


def at(content, place):
    for key in place:
        content = content[key]
    return content


@st.composite
def edited_table(draw, table):
    """The table with a cell, a row or a column that is not as it should be."""
    column = draw(st.sampled_from(list(table.columns)))
    row = draw(st.integers(0, max(0, len(table) - 1)))
    match draw(st.sampled_from(["cell", "cell", "row", "rows", "column", "name"])):
        case "cell" if len(table):
            table.loc[row, column] = draw(TEXTS | NUMBERS.map(str))
        case "row" if len(table):
            return pd.concat([table, table.iloc[[row]]])
        case "rows":
            return table.iloc[:row]
        case "column":
            return table.drop(columns=column)
        case _:
            return table.rename(columns={column: draw(TEXTS)})
    return table


@st.composite
def edited_array(draw, array):
    """The array with other values, another shape or another type."""
    flat = array.copy().reshape(-1)
    is_real = flat.dtype.kind == "f"
    with np.errstate(all="ignore"):  # of numbers that the other type cannot hold
        match draw(st.sampled_from(["value", "value", "fill", "cut", "type", "axis", "empty"])):
            case "value" if flat.size:
                odd = [np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-40, 0] if is_real else [0, -1, 2**30]
                flat[draw(st.integers(0, flat.size - 1))] = draw(st.sampled_from(odd))
                return flat.reshape(array.shape)
            case "cut":
                return np.atleast_1d(array)[: len(np.atleast_1d(array)) // 2]
            case "type":
                return array.astype(draw(st.sampled_from(["f8", "f2", "i4", "u1", "?"])))
            case "axis":
                return array[None]
            case "empty":
                return np.atleast_1d(array)[:0]
        return np.full_like(array, draw(st.sampled_from([0, 1e30, -1] if is_real else [0, -1])))

"""params.yaml and its schema: what is refused, and in which words."""

import copy
from pathlib import Path

import pytest
import yaml

from jointaware.analysis.ablation import kept_terms
from jointaware.artifacts.parameters import SCHEMA, check, load
from jointaware.errors import InputError
from jointaware.pose.losses import TERMS
from tests.house import ROOT

PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))


@pytest.fixture
def parameters() -> dict:
    return yaml.safe_load((ROOT / "profiles/demo.yaml").read_text())


def keys(parameters: dict, prefix: str = "") -> set[str]:
    nested = [keys(value, f"{prefix}{key}.") if isinstance(value, dict) else set() for key, value in parameters.items()]
    return {f"{prefix}{key}" for key in parameters}.union(*nested)


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_every_profile_is_valid(profile):
    load(profile)


def test_the_demo_is_what_params_yaml_holds():
    assert (ROOT / "params.yaml").read_text() == (ROOT / "profiles/demo.yaml").read_text()


@pytest.mark.parametrize("profile", PROFILES, ids=lambda path: path.stem)
def test_profiles_have_the_same_keys_and_differ_only_in_values(profile, parameters):
    found = yaml.safe_load(profile.read_text())
    experiments, theirs = parameters.pop("experiments"), found.pop("experiments")
    assert keys(found) == keys(parameters)
    for settings in theirs.values():
        assert keys(settings) == keys(experiments["joint_aware"])


def test_the_study_has_each_term_alone_and_each_left_out():
    experiments = load(ROOT / "profiles/cmu.yaml")["experiments"]
    kept = {frozenset(terms) for terms in kept_terms(experiments).values()}
    alone, left_out = {frozenset([term]) for term in TERMS}, {frozenset(TERMS) - {term} for term in TERMS}
    assert kept == {frozenset(TERMS)} | alone | left_out
    assert set(experiments) == {"baseline", "wide", "wide_windows", *kept_terms(experiments)}


def test_the_paper_profile_is_the_papers_table_3():
    paper = load(ROOT / "profiles/paper.yaml")
    train = paper["train"]
    assert (paper["data"]["source"], train["filter_widths"]) == ("h36m", [3] * 5)
    assert (train["epochs"], train["batch_size"], train["dropout"]) == (80, 1024, 0.25)
    assert (train["learning_rate"], train["learning_rate_decay"]) == (0.001, 0.95)
    assert train["batch_norm_momentum"] == {"first": 0.1, "last": 0.001}
    assert [experiment["channels"] for experiment in paper["experiments"].values()] == [1024, 2048, 2048, 2048]


def test_every_key_says_what_it_means():
    def described(schema: dict, key: str) -> None:
        for name, inner in schema.get("properties", {}).items():
            assert "description" in inner or "$ref" in inner, f"{key}.{name}"
            described(inner, f"{key}.{name}")

    described(yaml.safe_load(SCHEMA.read_text()), "")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("train.epohcs", 3, "unknown key train.epohcs; did you mean epochs?"),
        ("trian", {}, "unknown key trian; did you mean train?"),
        ("experiments.baseline.weights.speed", 1.0, "unknown key experiments.baseline.weights.speed"),
        ("train.epochs", 0, "train.epochs: found 0, expected at least 1"),
        ("train.epochs", "ten", "train.epochs: found 'ten', expected integer"),
        ("train.epochs", True, "train.epochs: found True, expected integer"),
        ("evaluate.savitzky_golay.order", 9, "evaluate.savitzky_golay.order: found 9, expected less than window"),
        ("train.dropout", 1.0, "train.dropout: found 1.0, expected less than 1"),
        ("train.learning_rate", float("nan"), "train.learning_rate: found nan, expected a finite number"),
        ("train.filter_widths", [3, 4], "train.filter_widths.1: found 4, expected an odd number"),
        ("data.source", "human36m", "data.source: found 'human36m', expected one of synthetic, cmu, arrays, h36m"),
        ("data.cmu.url", "mocap.cs.cmu.edu", "data.cmu.url: found 'mocap.cs.cmu.edu', expected text of the form"),
        ("preprocess.fps", 0, "preprocess.fps: found 0, expected more than 0 frames/second"),
        ("preprocess.cameras", ["1"], "preprocess.cameras.0: found '1', expected one of 54138969"),
        ("preprocess.subjects.cmu.test", [], "preprocess.subjects.cmu.test: found [], expected at least 1 items"),
        ("preprocess.subjects.cmu.test", ["01"], "preprocess.subjects.cmu: found 01 in train and in test"),
        ("seeds", [1, 1], "seeds: found [1, 1], expected no repetition"),
        ("experiments.joint_aware.window", 2, "experiments.joint_aware.window: found 2, expected at least 3"),
        ("experiments.joint_aware.windows", 0, "experiments.joint_aware.windows: found 0, expected more"),
        ("preprocess.validation_every", 0, "train.monitor: found validation, expected test"),
    ],
)
def test_a_mistake_is_told_in_one_line_with_key_found_and_expected(parameters, key, value, words):
    changed = copy.deepcopy(parameters)
    *parents, last = key.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    place[last] = value
    with pytest.raises(InputError) as caught:
        check(changed, "params.yaml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("params.yaml: ")


def test_a_missing_key_is_named(parameters):
    del parameters["train"]["dropout"]
    with pytest.raises(InputError, match=r"missing key train\.dropout"):
        check(parameters, "params.yaml")


@pytest.mark.parametrize("text", ["", "just text", "train: [unclosed", "\x00"])
def test_what_is_no_yaml_of_ours_is_refused(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(InputError, match=str(path)):
        load(path)


def test_an_experiment_may_be_a_checkpoint_alone(parameters):
    parameters["experiments"]["published"] = {"checkpoint": "licensed/pretrained_h36m_cpn.bin"}
    check(parameters, Path("params.yaml"))
    parameters["experiments"]["published"]["channels"] = 1024
    with pytest.raises(InputError, match=r"unknown key experiments\.published\.channels; expected one of checkpoint"):
        check(parameters, Path("params.yaml"))


def test_a_misspelt_checkpoint_is_recognised(parameters):
    parameters["experiments"]["published"] = {"chekpoint": "licensed/pretrained_h36m_cpn.bin"}
    with pytest.raises(InputError, match=r"unknown key experiments\.published\.chekpoint; did you mean checkpoint\?"):
        check(parameters, Path("params.yaml"))

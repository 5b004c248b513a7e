"""The profiles: complete, described by the schema for editors, and what they have to have in common."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jointaware.artifacts.parameters import load, parameters_schema
from jointaware.pose.terms import TERMS
from tests.house import ROOT
from workflow import schema

DEMO = ROOT / "profiles/demo.yaml"
PROFILES = sorted((ROOT / "profiles").glob("*.yaml"))


def read(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path)


@pytest.fixture
def parameters() -> dict[str, Any]:
    return read(DEMO)


RECIPE = ("losses", "clips", "clip_frames", "extra_frames", "warm_up_epochs", "distance")


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
    found = read(profile)
    for each in (parameters, found):
        del each["experiments"]
        each["preprocess"]["subjects"] = [*each["preprocess"]["subjects"]]
        each["train"]["network"] = []  # each architecture has settings of its own
        each["preprocess"].pop("wild", None)  # only of profiles that ask for made-up views
    assert keys(found) == keys(parameters)
    assert found["preprocess"]["subjects"] == parameters["preprocess"]["subjects"]


def test_the_study_has_each_term_alone_and_each_left_out():
    experiments = load(ROOT / "profiles/cmu.yaml").experiments
    ablation = {frozenset(each.losses) for each in experiments.values() if each.role == "ablation"}
    assert ablation >= {frozenset(TERMS), *(frozenset({term}) for term in TERMS)}
    assert ablation >= {frozenset(TERMS) - {term} for term in TERMS}
    controls = {each.role for each in experiments.values() if not each.losses}
    assert controls == {"baseline", "wide", "more_frames", "clips"}


@pytest.mark.parametrize("profile", ["cmu", "cmu_full"])
def test_studies_keep_the_recipe_that_was_chosen(profile):
    chosen = load(ROOT / "profiles/recipe.yaml").experiments["moderate"]
    found = load(ROOT / f"profiles/{profile}.yaml")
    ours = found.experiments[found.with_role("ours")]
    assert {key: getattr(ours, key) for key in RECIPE} == {key: getattr(chosen, key) for key in RECIPE}


def test_losses_that_may_carry_over_are_those_of_the_study():
    study, carried = (load(ROOT / f"profiles/{profile}.yaml") for profile in ("cmu", "carried"))
    assert study.preprocess == carried.preprocess
    for name, each in carried.experiments.items():
        if name != "position_only":
            of_study = study.experiments[name]
            assert (each.losses, each.distance) == (of_study.losses, of_study.distance)


def test_the_paper_profile_is_the_papers_table_3():
    paper = load(ROOT / "profiles/paper.yaml")
    train = paper.train
    assert (paper.data.source, train.network.arguments()["widths"]) == ("h36m", (3, 3, 3, 3, 3))
    assert (train.epochs, train.batch_size, train.dropout) == (80, 1024, 0.25)
    assert (train.learning_rate, train.learning_rate_decay) == (0.001, 0.95)
    assert (train.batch_norm_momentum.first, train.batch_norm_momentum.last) == (0.1, 0.001)
    assert [experiment.channels for experiment in paper.experiments.values()] == [1024, *[2048] * 5]


def test_every_key_says_what_it_means():
    def described(schema: dict[str, Any], key: str) -> None:
        for name, inner in schema.get("properties", {}).items():
            assert inner.get("description"), f"{key}.{name}"
            described(inner, f"{key}.{name}")
        for inner in schema.get("patternProperties", {}).values():
            described(inner, f"{key}.*")

    described(parameters_schema(), "")


def test_the_schema_for_editors_is_current_and_every_profile_names_and_fits_it():
    import jsonschema

    assert (ROOT / schema.SCHEMA).read_text() == schema.text()
    validator = jsonschema.Draft202012Validator(json.loads((ROOT / schema.SCHEMA).read_text()))
    for profile in (ROOT / "params.yaml", *PROFILES):
        assert profile.read_text().startswith(f"# yaml-language-server: $schema={schema.SCHEMA}\n")
        assert not list(validator.iter_errors(read(profile)))
    unknown = read(DEMO)
    unknown["experiments"]["wide"]["chanels"] = 3
    assert [error.validator for error in validator.iter_errors(unknown)] == ["additionalProperties"]

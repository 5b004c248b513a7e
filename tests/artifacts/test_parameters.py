"""params.yaml: what is refused and in which words, and what an experiment has of its own."""

import copy
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jointaware.artifacts.parameters import check
from jointaware.errors import InputError
from tests.house import ROOT

DEMO = ROOT / "profiles/demo.yaml"


def read(path: Path) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(path)


@pytest.fixture
def parameters() -> dict[str, Any]:
    return read(DEMO)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("train.epohcs", 3, "unknown key train.epohcs; did you mean epochs?"),
        ("trian", {}, "unknown key trian; did you mean train?"),
        ("experiments.joint_aware.losses.speed", 1.0, "unknown key experiments.joint_aware.losses.speed"),
        ("train.epochs", 0, "train.epochs: found 0, expected at least 1"),
        ("train.epochs", "ten", "train.epochs: found 'ten', expected integer"),
        ("train.epochs", True, "train.epochs: found True, expected integer"),
        ("evaluate.savitzky_golay.order", 9, "evaluate.savitzky_golay.order: found 9, expected less than window"),
        ("train.dropout", 1.0, "train.dropout: found 1.0, expected at most 0.99"),
        ("train.learning_rate", float("nan"), "train.learning_rate: found nan, expected a finite number"),
        (
            "train.network.filter_widths",
            [1] * 101,
            "train.network.filter_widths: found 101 layers, expected at most 100",
        ),
        ("train.network.filter_widths", [3] * 20, "a product, the receptive field, of at most 100000 frames"),
        ("train.network.filter_widths", [3, 4], "train.network.filter_widths.1: found 4, expected an odd number"),
        ("data.source", "human36m", "data.source: found 'human36m', expected one of synthetic, cmu, arrays, h36m"),
        ("data.cmu.url", "mocap.cs.cmu.edu", "data.cmu.url: found 'mocap.cs.cmu.edu', expected text of the form"),
        ("preprocess.fps", 0, "preprocess.fps: found 0, expected at least 1 frames/second"),
        ("preprocess.cameras", ["1"], "preprocess.cameras.0: found '1', expected one of 54138969"),
        ("preprocess.subjects.cmu.test", [], "preprocess.subjects.cmu.test: found [], expected at least 1 items"),
        ("preprocess.subjects.cmu.test", ["01"], "preprocess.subjects.cmu: found 01 more than once in train and test"),
        ("preprocess.subjects.cmu", {"train": ["1"]}, "cmu: found train, expected train and test, or folds"),
        ("preprocess.subjects.cmu", {}, "preprocess.subjects.cmu: found nothing, expected train and test, or folds"),
        ("preprocess.subjects.cmu.folds", [["1"], ["2"]], "cmu: found train and test and folds, expected train and te"),
        ("preprocess.subjects.cmu", {"folds": [["01"]]}, "cmu.folds: found [['01']], expected at least 2 items"),
        ("preprocess.subjects.cmu", {"folds": [["01"], []]}, "cmu.folds.1: found [], expected at least 1 items"),
        ("preprocess.subjects.cmu", {"folds": [["01", "02"], ["01"]]}, "cmu: found 01 more than once in folds"),
        ("seeds", [1, 1], "seeds: found [1, 1], expected no repetition"),
        ("experiments.joint_aware.clip_frames", 2, "experiments.joint_aware.clip_frames: found 2, expected at least 3"),
        ("experiments.joint_aware.clips", 0, "experiments.joint_aware.clips: found 0, expected more"),
        ("preprocess.validation_every", 0, "train.monitor: found validation, expected test"),
        ("preprocess.subjects.cmmu", {}, "unknown key preprocess.subjects.cmmu; did you mean cmu?"),
        ("preprocess.cameras", ["54138969"] * 2, "preprocess.cameras: found ['54138969', '54138969'], expected no rep"),
        ("preprocess.skip_frames", {"S1": 2}, "preprocess.skip_frames: found 'S1', expected text of the form ^[^/]+/"),
        ("train.learning_rate", 1.5, "train.learning_rate: found 1.5, expected at most 1. Adam's step size in"),
        ("train.learning_rate", 0, "train.learning_rate: found 0, expected more than 0"),
        ("train.network.name", "transformer", "train.network.name: found 'transformer', expected one of temporal_conv"),
        ("train.network.name", None, "train.network.name: found None, expected string"),
        ("train.network", "tcn", "train.network: found 'tcn', expected object"),
        ("train.network.cauzal", True, "unknown key train.network.cauzal; did you mean causal?"),
        ("train.role", "wide", "unknown key train.role"),
        ("train.precision", "half", "train.precision: found 'half', expected one of float32, tf32, bfloat16"),
        ("train.losses.velocity", 0.0, "train.losses.velocity: found 0.0, expected more than 0 frame/metre"),
        ("train.losses.velocity", "2e-05", "train.losses.velocity: found '2e-05', expected number frame/metre"),
        ("experiments.wide.chanels", 3, "unknown key experiments.wide.chanels; did you mean channels?"),
        ("experiments.wide.rol", "wide", "unknown key experiments.wide.rol; did you mean role?"),
        ("experiments.wide.epochs", 0, "experiments.wide.epochs: found 0, expected at least 1"),
        ("experiments.wide.role", "widest", "experiments.wide.role: found 'widest', expected one of baseline, wide"),
        ("experiments.wide.role", "ours", "experiments.joint_aware.role: found ours, which wide has; expected a role"),
        ("experiments.wide.network", {"filter_widths": [2]}, "experiments.wide.network.filter_widths.0: found 2, exp"),
        (
            "experiments.wide.batch_norm_momentum",
            {"frist": 1},
            "unknown key experiments.wide.batch_norm_momentum.frist",
        ),
        ("experiments.wide", None, "experiments.wide: found None, expected object"),
        ("experiments.2wide", {}, "experiments: found '2wide', expected text of the form ^[A-Za-z]"),
        ("experiments", {}, "experiments: found {}, expected at least 1 items"),
        ("experiments.wide.clips", "32", "experiments.wide.clips: found '32', expected integer. Clips of consecutive"),
        ("preprocess.skip_frames", {"a/b": 0}, "preprocess.skip_frames.a/b: found 0, expected at least 1 frames. Fram"),
        ("preprocess.yaws", [0, 360], "preprocess.yaws.1: found 360, expected less than 360 degrees. Rotations"),
        ("evaluate.savitzky_golay.window", 8, "evaluate.savitzky_golay.window: found 8, expected an odd number fram"),
        ("seeds", [0, -1], "seeds.1: found -1, expected at least 0"),
        ("seeds", ["0; touch x #"], "seeds.0: found '0; touch x #', expected integer"),
        ("seeds", [], "seeds: found [], expected at least 1 items"),
        ("seeds", [2**32], "seeds.0: found 4294967296, expected at most 4294967295"),
        ("seeds", list(range(1001)), "seeds: found [0, 1, 2, 3, 4, 5, ...], expected at most 1000 items"),
        ("train.dropout", 0.999999, "train.dropout: found 0.999999, expected at most 0.99"),
        ("train.channels", 10**6, "train.channels: found 1000000, expected at most 65536"),
        ("train.epochs", 10**12, "train.epochs: found 1000000000000, expected at most 1000000"),
        pytest.param("train.epochs", 10**5000, "epochs: found an integer of thousands of digits", id="huge"),
        ("train.batch_size", 10**12, "train.batch_size: found 1000000000000, expected at most 10000000"),
        ("train.clips", 10**9, "train.clips: found 1000000000, expected at most 1000000"),
        ("train.clip_frames", 10**9, "train.clip_frames: found 1000000000, expected at most 100000"),
        ("train.threads", 10**9, "train.threads: found 1000000000, expected at most 1024"),
        ("train.learning_rate", 1e300, "train.learning_rate: found 1e+300, expected at most 1"),
        ("train.losses.velocity", 1e300, "train.losses.velocity: found 1e+300, expected at most 1000000.0"),
        ("data.synthetic.frames", 10**12, "data.synthetic.frames: found 1000000000000, expected at most 100000"),
        ("data.synthetic.seed", 2**64, "data.synthetic.seed: found 18446744073709551616, expected at most 4294967295"),
        ("data.path", "a\0b", r"data.path: found 'a\x00b', expected text of the form"),
        ("data.source", "h36m", "data.remote: found none, expected a remote of its own, such as h36m, because nothing"),
        ("data.remote", "../x", "data.remote: found '../x', expected text of the form"),
        ("data.cmu.url", "http://a\nb", r"data.cmu.url: found 'http://a\nb', expected text of the form"),
        ("data.cmu.digests", "../digests", "data.cmu.digests: found '../digests', expected a path within the checkout"),
        ("data.cmu.digests", "results/../../x", "found 'results/../../x', expected a path within the checkout"),
        ("data.cmu.digests", "/etc/digests", "data.cmu.digests: found '/etc/digests', expected a path within the chec"),
        ("data.cmu.digests", r"C:\digests", "expected a path within the checkout, relative and without .."),
        ("data.cmu.digests", "a\nb", r"data.cmu.digests: found 'a\nb', expected text of the form"),
        ("preprocess.yaws", [359.99999991, 359.99999992], "expected values that differ in their first six digits"),
        ("preprocess.validation_every", 10**18, "expected at most 1000000 takes"),
        ("preprocess.detector.std_pixels", float("inf"), "detector.std_pixels: found inf, expected a finite number"),
        ("preprocess.detector.correlation_frames", 1e300, "correlation_frames: found 1e+300, expected at most 1000000"),
        ("preprocess.subjects.cmu.test", ["../x"], "subjects.cmu.test.0: found '../x', expected text of the form"),
        ("preprocess.subjects.cmu.test", [None], "found None, expected string. Subjects to test on. Text that looks"),
        ("evaluate.savitzky_golay.window", 10**9 + 1, "savitzky_golay.window: found 1000000001, expected at most 999"),
        ("experiments.truth", {}, "experiments.truth: found a name of the true motion's, expected another"),
        (f"experiments.{'x' * 101}", {}, "experiments: found 'xxxx"),
        ("experiments.a\nb", {}, r"experiments: found 'a\nb', expected text of the form"),
        ("train.a\nb", float("inf"), r"train.'a\nb': found inf, expected a finite number"),
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
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "key",
    [
        *("train", "seeds", "train.dropout", "train.network.name", "train.network.dense"),
        *("train.batch_norm_momentum.last", "data.synthetic", "data.synthetic.fps"),
        *("preprocess.subjects.synthetic", "preprocess.subjects"),
    ],
)
def test_a_missing_key_is_named(parameters, key):
    *parents, last = key.split(".")
    place = parameters
    for parent in parents:
        place = place[parent]
    del place[last]
    with pytest.raises(InputError, match=f"^params.yaml: missing key {key}$"):
        check(parameters, "params.yaml")


def test_a_renamed_key_is_unknown_rather_than_missing(parameters):
    parameters["train"]["epohcs"] = parameters["train"].pop("epochs")
    with pytest.raises(InputError, match=r"unknown key train\.epohcs; did you mean epochs\?"):
        check(parameters, "params.yaml")


def test_names_as_people_give_them_are_names(parameters):
    names = ["NA", "null", "nan", "None", "True", "Null", "inf"]
    parameters["experiments"] |= {name: {} for name in names}
    people = ["Übung", "Sitting Down", "1", "A001", "O'Brien", "李雷", "a & b_c $x$ 100%"]
    parameters["preprocess"]["subjects"]["synthetic"]["test"] = people
    parameters["preprocess"]["actions"] = [unicodedata.normalize("NFD", "Übung")]
    found = check(parameters, "params.yaml")
    assert set(names) < set(found.experiments)
    assert list(found.split.test) == people
    assert found.preprocess.actions == ("Übung",)


def test_an_experiment_may_be_a_checkpoint_alone(parameters):
    parameters["experiments"]["published"] = {"checkpoint": "licensed/pretrained_h36m_cpn.bin"}
    published = check(parameters, Path("params.yaml")).experiments["published"]
    assert (published.checkpoint, published.role) == ("licensed/pretrained_h36m_cpn.bin", "other")
    parameters["experiments"]["published"] |= {"role": "ablation", "network": {"causal": True}}
    assert check(parameters, Path("params.yaml")).experiments["published"].network.arguments()["causal"]
    parameters["experiments"]["published"]["channels"] = 1024
    with pytest.raises(InputError, match=r"unknown key experiments\.published\.channels; expected one of checkpoint"):
        check(parameters, Path("params.yaml"))


def test_a_misspelt_checkpoint_is_recognised(parameters):
    parameters["experiments"]["published"] = {"chekpoint": "licensed/pretrained_h36m_cpn.bin"}
    with pytest.raises(InputError, match=r"unknown key experiments\.published\.chekpoint; did you mean checkpoint\?"):
        check(parameters, Path("params.yaml"))


def test_an_experiment_has_the_values_of_train_but_its_own(parameters):
    parameters["train"]["losses"] = {"angle": 1.0}
    parameters["train"]["clips"] = 1
    parameters["experiments"]["wide"] = {"network": {"causal": True}, "batch_norm_momentum": {"last": 0.5}, "epochs": 3}
    found = check(parameters, "params.yaml")
    wide, joint_aware = found.experiments["wide"], found.experiments["joint_aware"]
    assert wide.network.arguments() == {"widths": (3, 3, 3), "causal": True, "dense": False}
    assert (wide.batch_norm_momentum.first, wide.batch_norm_momentum.last) == (0.1, 0.5)
    assert (wide.epochs, wide.losses, wide.role) == (3, {"angle": 1.0}, "other")
    assert wide.channels == parameters["train"]["channels"]
    assert joint_aware.losses == parameters["experiments"]["joint_aware"]["losses"]
    assert (found.with_role("ours"), found.with_role("wide")) == ("joint_aware", None)


def test_parameters_are_typed_and_immutable(parameters):
    found = check(parameters, "params.yaml")
    assert found.data.settings.frames == parameters["data"]["synthetic"]["frames"]
    assert found.split.test == ("S9", "S11")
    assert found.evaluate.savitzky_golay.window == 9
    for section, key in ((found, "seeds"), (found.train, "epochs"), (found.train.network, "name")):
        with pytest.raises(ValueError, match="frozen"):
            setattr(section, key, None)


def test_the_monitored_split_may_be_an_experiments_own(parameters):
    parameters["preprocess"]["validation_every"] = 0
    parameters["train"]["monitor"] = "test"
    check(parameters, "params.yaml")
    parameters["experiments"]["wide"]["monitor"] = "validation"
    with pytest.raises(InputError, match=r"experiments\.wide\.monitor: found validation, expected test"):
        check(parameters, "params.yaml")


def test_what_a_record_holds_reads_back_and_lists_what_an_experiment_changes(parameters):
    found = check(parameters, "params.yaml")
    stored = json.loads(json.dumps(found.model_dump(mode="json")))
    assert stored["train"]["network"]["filter_widths"] == [3, 3, 3]
    assert check(stored, "record.json") == found
    leaves = found.leaves()
    assert leaves["preprocess.yaws"] == [0]
    assert {key: leaves[key] for key in leaves if key.startswith("experiments.baseline")} == {
        "experiments.baseline.channels": parameters["experiments"]["baseline"]["channels"],
        "experiments.baseline.role": "baseline",
    }


TRANSFORMER = {"name": "spatiotemporal_transformer", "depth": 2, "heads": 8, "mlp_ratio": 2, "frames": 27}


@pytest.mark.parametrize(
    ("network", "changes", "words"),
    [
        ({"filter_widths": [3]}, {}, "unknown key experiments.wide.network.filter_widths; expected one of name, depth"),
        ({"causal": True}, {}, "unknown key experiments.wide.network.causal"),
        ({"frame": 27}, {}, "unknown key experiments.wide.network.frame; did you mean frames?"),
        ({"frames": 0}, {}, "experiments.wide.network.frames: found 0, expected at least 1 frames. Frames of a clip"),
        ({"frames": 10**6}, {}, "experiments.wide.network.frames: found 1000000, expected at most 10000 frames"),
        ({"depth": 10**9}, {}, "experiments.wide.network.depth: found 1000000000, expected at most 100"),
        ({"mlp_ratio": 0.5}, {}, "experiments.wide.network.mlp_ratio: found 0.5, expected integer"),
        ({"heads": 7}, {}, "experiments.wide.channels: found 128, expected a multiple of network.heads, 7"),
        ({"frames": 300}, {}, "experiments.wide.batch_size: found 256, expected at least network.frames, 300"),
        ({}, {"clips": 32}, "experiments.wide.clips: found 32, expected 0: spatiotemporal_transformer lifts whole"),
        ({}, {"extra_frames": 9}, "experiments.wide.extra_frames: found 9, expected 0: spatiotemporal_transformer"),
        ({"frames": 2}, {"losses": {"acceleration": 1.0}}, "wide.network.frames: found 2, expected at least 3 for the"),
    ],
)
def test_settings_that_a_network_of_clips_cannot_have_are_refused(parameters, network, changes, words):
    parameters["experiments"]["wide"] = {"network": TRANSFORMER | network, **changes}
    with pytest.raises(InputError) as caught:
        check(parameters, "params.yaml")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_setting_of_the_transformer_is_none_of_the_first_network(parameters):
    parameters["experiments"]["wide"] = {"network": {"heads": 8}}
    with pytest.raises(
        InputError, match=r"unknown key experiments\.wide\.network\.heads; expected one of name, filter"
    ):
        check(parameters, "params.yaml")


def test_a_network_of_clips_takes_terms_without_clips(parameters):
    parameters["experiments"]["wide"] = {"network": TRANSFORMER, "losses": {"acceleration": 1.0}}
    network = check(parameters, "params.yaml").experiments["wide"].network
    assert network.arguments() == {"depth": 2, "heads": 8, "mlp_ratio": 2, "frames": 27}
    assert network.output_frames == 27


def test_the_experiment_of_the_page_on_networks_is_one(parameters):
    page = (ROOT / "docs/networks.md").read_text(encoding="utf-8")
    example = YAML(typ="safe", pure=True).load(page.partition("```yaml\n")[2].partition("```")[0])
    parameters["experiments"] |= example
    assert check(parameters, "params.yaml").experiments["transformer"].network.output_frames == 81

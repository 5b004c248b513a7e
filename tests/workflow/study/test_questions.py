"""What a study answers beyond the paper's claims: planted changes come out, in words and in files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from jointaware.analysis.intervals import Bootstrap
from jointaware.artifacts.metrics import METRICS
from jointaware.artifacts.parameters import load
from jointaware.artifacts.predictions import VARIANTS
from tests.house import ROOT
from workflow.study.kept import About, Study
from workflow.study.page import summary
from workflow.study.questions import QUESTIONS, answer_carried, answer_sizes, answer_smoother, answers, keep_answers

MM = 50.0


def study(profile: str, errors: dict[str, float], *, folder: Path = Path(), **of_variants: dict[str, float]) -> Study:
    """A study of some experiments of a profile, on four takes and two seeds, with little noise.

    errors: of each experiment, relative to MM. of_variants: by variant, where they differ from the raw errors.
    """
    random = np.random.default_rng(0)
    rows = [
        (
            name,
            variant,
            seed,
            subject,
            "Walking",
            take,
            "54138969",
            100,
            *(MM * random.normal(mean, 0.002, len(METRICS))),
        )
        for name, error in errors.items()
        for variant in VARIANTS
        for mean in (of_variants.get(variant, {}).get(name, error),)
        for seed in (0, 1)
        for subject in ("01", "02")
        for take in ("a", "b")
    ]
    columns = ["experiment", "variant", "seed", "subject", "action", "subaction", "camera", "frames", *METRICS]
    parameters = load(ROOT / f"profiles/{profile}.yaml")
    experiments = {name: each for name, each in parameters.experiments.items() if name in errors}
    finished = parameters.model_copy(update={"experiments": experiments})
    scores = Bootstrap.of(pd.DataFrame(rows, columns=columns))
    claims, differences = pd.DataFrame(columns=["source", "verdict"], dtype=str), pd.DataFrame()
    return Study(profile, folder, parameters, finished, About("", "", []), "", claims, differences, scores)


def changes(name: str, of: Study, *compared: Study) -> pd.DataFrame:
    return QUESTIONS[name].changes(of, compared)


SIZES = {
    "joint_aware_384x27": 0.9,
    "more_frames_384x27": 1.0,
    "joint_aware_96x27": 0.7,
    "more_frames_96x27": 1.0,
    "joint_aware_96x81": 1.2,
    "more_frames_96x81": 1.0,
}


def test_each_size_is_compared_with_its_own_control_from_small_to_large():
    table = changes("sizes", study("size", SIZES))
    found = table[table["metric"] == "mpjpe_mm"]
    assert [*zip(found["group"], found["row"], strict=True)] == [
        ("27 frames", "96 channels"),
        ("27 frames", "384 channels"),
        ("81 frames", "96 channels"),
    ]
    assert found["percent"].tolist() == pytest.approx([-30, -10, 20], abs=1)
    starts = ("96 channels and 27 frames", "384 channels and 27 frames", "96 channels and 81 frames")
    counted, *sentences = answer_sizes(table)
    names = [each.name for each in METRICS.values()]
    assert counted == (
        f"In 3 networks of different sizes, the losses surely lower {', '.join(f'{name} (2 of 3)' for name in names)}, "
        f"and surely raise {', '.join(f'{name} (1 of 3)' for name in names)}."
    )
    for sentence, start, sign in zip(sentences, starts, "--+", strict=True):
        assert sentence.startswith(f"With {start} the losses change MPJPE {sign}")


def test_a_precision_is_compared_with_itself():
    errors = {
        "joint_aware_192x27": 0.9,
        "more_frames_192x27": 1.0,
        "joint_aware_192x27_bfloat16": 1.5,
        "more_frames_192x27_bfloat16": 1.0,
        "joint_aware_96x27": 1.0,
        "more_frames_96x27": 1.0,
    }
    table = changes("sizes", study("size", errors))
    assert answer_sizes(table)[-1].startswith("With 192 channels and 27 frames the losses change MPJPE -")
    found = table[table["metric"] == "mpjpe_mm"].set_index("row")["percent"]
    assert found["192 channels"] == pytest.approx(-10, abs=1)
    assert found["192 channels, bfloat16"] == pytest.approx(50, abs=1)


def test_a_study_that_continues_another_tells_the_sizes_of_both():
    first = {name: error for name, error in SIZES.items() if name.endswith("27")}
    second = {name: error for name, error in SIZES.items() if name.endswith("81")}
    table = changes("sizes", study("size", second), study("size", first))
    pd.testing.assert_frame_equal(table[["group", "row"]], changes("sizes", study("size", SIZES))[["group", "row"]])
    found = table[table["metric"] == "mpjpe_mm"]
    assert found["percent"].tolist() == pytest.approx([-30, -10, 20], abs=1)


def test_a_study_without_a_claim_says_so_and_of_whom_its_intervals_are():
    first, second = summary(study("size", SIZES)).splitlines()
    assert first == "- No claim is tested here: this study asks something else."
    assert second.startswith("- The intervals are of 4 takes of 2 subjects (01, 02), 2 seeds; ")


def test_a_study_of_one_size_or_of_several_losses_says_nothing_of_size():
    one = {name: SIZES[name] for name in ("joint_aware_96x27", "more_frames_96x27")}
    assert changes("sizes", study("size", one)).empty
    assert changes("sizes", study("cmu", {"wide_clips": 1.0, "joint_aware": 0.9, "only_velocity": 0.9})).empty


FIRST = {"wide_clips": 1.0, "joint_aware": 0.8, "only_velocity": 1.1, "pose_10": 0.9, "pose_30": 0.9}
SECOND = {"position_only": 1.0, "joint_aware": 0.9, "only_velocity": 0.9, "pose_10": 1.2, "pose_30": 1.0}


def test_each_set_of_losses_carries_over_or_not_error_by_error():
    first, second = study("cmu", FIRST), study("carried", SECOND)
    _, lines = answer_carried(changes("carried", second, first))
    found = {line.split("`")[1]: line.split(": ", 1)[1] for line in lines.splitlines()}
    assert found["joint_aware"].startswith("carries over in MPJPE (-20.")
    assert found["only_velocity"] == f"nothing to carry in {', '.join(each.name for each in METRICS.values())}."
    assert found["pose_10"].startswith("does not carry over in MPJPE (-")
    assert found["pose_30"].startswith("open in MPJPE")


def test_losses_of_other_weights_are_not_taken_for_those_that_were_chosen():
    first, second = study("cmu", FIRST), study("carried", SECOND)
    other = second.finished.experiments["joint_aware"].model_copy(update={"losses": {"velocity": 1.0}})
    second.finished.experiments["joint_aware"] = other
    assert "joint_aware" not in set(changes("carried", second, first)["group"])
    assert changes("carried", second).empty


def test_what_is_left_of_the_losses_after_a_smoother_is_told_error_by_error():
    errors = {"more_frames": 1.0, "joint_aware": 0.8}
    alone, against, left = answer_smoother(
        changes("smoother", study("cmu", errors, learned={"more_frames": 0.7, "joint_aware": 0.65}))
    )
    assert "the losses change MPJPE -2" in alone
    assert "a learned smoother, without losses, changes MPJPE -3" in alone
    assert "the losses without it change MPJPE +1" in against
    assert "surely lower MPJPE -7" in left
    assert left.endswith("surely raise none.")
    same = study("cmu", errors, learned={"more_frames": 0.7, "joint_aware": 0.7})
    assert (
        "surely lower no error, surely raise none, and leave open MPJPE"
        in answer_smoother(changes("smoother", same))[-1]
    )


def test_only_what_a_study_asks_is_on_its_page_with_a_figure(tmp_path):
    (tmp_path / "figures").mkdir()
    keep_answers(study("size", SIZES, folder=tmp_path), {})
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"sizes.csv", "sizes.svg"}
    heading, *rest = answers([tmp_path])
    assert heading == "## What happens towards the paper's size?"
    assert "](figures/sizes.svg)" in rest[-2]
    assert rest[-1].count("channels") == 3
    keep_answers(study("cmu", {"wide_clips": 1.0}, folder=tmp_path), {})
    assert not [*(tmp_path / "figures").iterdir()], "answers of an earlier page"

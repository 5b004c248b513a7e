"""Choice of CMU trials: those in use by default, any others by number, their names, frame rates and index."""

from pathlib import Path

import numpy as np
import pytest

from jointaware.artifacts.parameters import check
from jointaware.errors import InputError
from jointaware.mocap.cmu import index, trials
from jointaware.mocap.cmu.source import read
from jointaware.mocap.sources import CmuSettings
from tests.house import ROOT
from tests.tiny import read_yaml


def settings(**changes: object) -> CmuSettings:
    return CmuSettings(**{"url": "file:///nowhere", "digests": "digests", "trials": {}, "fps": {}} | changes)


def names(subjects: list[str], **changes: object) -> dict[str, str]:
    return {Path(trial.motion).stem: trial.name for trial in trials.chosen(settings(**changes), subjects)}


def test_the_trials_in_use_by_default_keep_their_names():
    assert names(["01", "03", "02"]) == {
        "01_01": "01/Jumping",
        "01_02": "01/Climbing",
        "01_08": "01/Climbing 1",
        "01_09": "01/Climbing 2",
        "01_14": "01/Climbing 3",
        "03_01": "03/WalkingUneven",
        "03_02": "03/WalkingUneven 1",
        "03_03": "03/WalkingUneven 2",
        "03_04": "03/WalkingUneven 3",
        "02_01": "02/Walking",
        "02_02": "02/Walking 1",
        "02_03": "02/Running",
        "02_04": "02/Jumping",
        "02_05": "02/Punching",
        "02_06": "02/Bending",
        "02_07": "02/Swordplay",
        "02_08": "02/Swordplay 1",
        "02_09": "02/Swordplay 2",
        "02_10": "02/Washing",
    }


def test_every_file_of_a_known_trial_has_a_digest():
    chosen = trials.chosen(settings(), list(trials.known_trials()))
    assert {name for trial in chosen for name in (trial.skeleton, trial.motion)} == set(trials.known_digests())
    assert {len(digest) for digest in trials.known_digests().values()} == {64}


def test_any_subject_and_trial_is_chosen_by_number_and_named_by_its_action():
    chosen = {"144": {"Kicking": (9, 5), "Yoga": (30,)}, "01": {"Jumping": (1,)}}
    assert names(["144", "01"], trials=chosen) == {
        "144_05": "144/Kicking",
        "144_09": "144/Kicking 1",
        "144_30": "144/Yoga",
        "01_01": "01/Jumping",
    }


def test_the_frame_rate_is_the_subjects():
    chosen = {"60": {"Salsa": (1,)}, "62": {"Hammering": (7,)}, "16": {"Walking": (15,)}, "999": {"Walking": (1,)}}
    rates = [trial.fps for trial in trials.chosen(settings(trials=chosen, fps={"62": 60.0}), list(chosen))]
    assert rates == [60.0, 60.0, 120.0, 120.0]


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (
            "05",
            r"no trial of subject 05, .*\{\"05\": \{Walking: \[1, 2\]\}\}; .* lists trials 1-20 of subject 05",
        ),
        ("04", "no trial of subject 04, .* has no subject 04; the nearest are 03 and 05"),
        ("1", "no trial of subject 1, .* has no subject 1; the nearest are 01 and 02"),
        ("P1", "no trial of subject P1, .* has no subject P1; the nearest are 01 and 02"),
    ],
)
def test_a_subject_without_trials_is_refused_with_what_the_index_knows(subject, words):
    with pytest.raises(InputError, match=f"data.cmu.trials: names {words}"):
        names([subject])


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("trials", {"16": {"Running": [35, 36], "Walking": [36]}}, "data.cmu.trials.16: found trial 36 twice"),
        ("trials", {"16": {"Running": [0]}}, "data.cmu.trials.16.Running.0: found 0, expected at least 1"),
        ("trials", {"16": {"Running 1": [1]}}, "found 'Running 1', expected text of the form"),
        ("trials", {"../16": {"Running": [1]}}, "found '../16', expected text of the form"),
        ("trials", {16: {"Running": [1]}}, "found 16, expected string"),
        ("fps", {"62": 0.5}, "data.cmu.fps.62: found 0.5, expected at least 1 frames/second"),
    ],
)
def test_a_wrong_choice_is_refused_by_its_key(key, value, words):
    parameters = read_yaml(ROOT / "profiles/demo.yaml")
    parameters["data"]["cmu"][key] = value
    with pytest.raises(InputError) as caught:
        check(parameters, "params.yaml")
    assert words in str(caught.value)


def test_takes_are_read_from_a_copy_and_say_where_from(shared):
    copy = shared / "data/cmu"
    first, second = list(read(settings(trials={"02": {"Walking": (2, 1)}}), copy, copy, ["02"], ["02/Running"]))
    assert (first.name, second.name) == ("02/Walking", "02/Walking 1")
    assert first.joints.shape == (343, 17, 3)
    assert first.joints.dtype == np.float32
    assert first.where == str(copy / "subjects/02/02_01.amc")
    skipped = ["03/WalkingUneven", "03/WalkingUneven 2", "03/WalkingUneven 3"]
    assert [take.name for take in read(settings(), copy, copy, ["03"], skipped)] == ["03/WalkingUneven 1"]


def test_the_index_finds_subjects_by_what_they_do(capsys):
    index.main(["swim"])
    assert capsys.readouterr().out.splitlines() == [
        "125 trials 1-7    120 fps  swimming",
        "126 trials 1-14   120 fps  swimming",
    ]
    index.main([])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(index.entries()) > 100
    assert "recorded together with 19" in next(line for line in lines if line.startswith("18 "))


def test_the_index_holds_every_known_trial():
    for subject, actions in trials.known_trials().items():
        first, last = map(int, index.entries()[subject].trials.split("-"))
        assert all(first <= number <= last for numbers in actions.values() for number in numbers)

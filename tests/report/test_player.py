"""What the skeleton player is given: the right frames, small enough, and read back as they were."""

import base64
import zlib

import numpy as np
import pandas as pd
import pytest

from jointaware.artifacts.scores import Run
from jointaware.report.player import FPS, NOTHING, SECONDS, Take, choose, pack, takes_of
from tests.people import person

RUNS = [Run("baseline", 0), Run("wide", 0), Run("wide", 3)]


def unpack(packed: dict) -> list[dict[str, np.ndarray]]:
    """As the page does it, of each take: joints by skeleton in metres, `keypoints`, and `errors` in mm by run."""
    values = np.frombuffer(zlib.decompress(base64.b64decode(packed["motion"])), "<i2")
    units, skeletons, takes, start = packed["units"], packed["skeletons"], [], 0

    def layer(frames: int, shape: tuple[int, ...], unit: float) -> np.ndarray:
        nonlocal start
        part = values[start:][: frames * int(np.prod(shape))].reshape(frames, *shape)
        start += part.size
        whole = np.cumsum(part, axis=0, dtype="<i2")
        return np.where(whole == units["nothing"], np.nan, whole * unit)

    for take in packed["takes"]:
        frames = take["frames"]
        found = {name: layer(frames, (packed["joints"], 3), units["mm"] / 1000) for name in skeletons}
        found["keypoints"] = layer(frames, (packed["points"], 2), 1)
        predicted = skeletons[1:] if skeletons[0] == "true" else []
        takes.append(found | {"errors": {name: layer(frames, (), units["error_mm"]) for name in predicted}})
    assert start == len(values)
    return takes


def by_runs(sequences) -> list[tuple[Run, np.ndarray]]:
    truth = sequences.read("joints", "test")
    return [(run, truth * np.float32(1.1 + place / 10)) for place, run in enumerate(RUNS)]


def lifted(frames: int = 60) -> Take:
    return Take("a", "", 25.0, {"lifted": person(frames)}, person(frames)[..., :2] * 300, np.zeros(frames, bool))


def test_the_poses_are_upright_and_right_to_what_a_screen_resolves(sequences):
    shown = unpack(pack(takes_of(sequences, by_runs(sequences)), RUNS))[0]
    truth = sequences.read("joints", "test")[: 2 * len(shown["true"]) : 2]
    lengths = [np.linalg.norm(joints[:, 3] - joints[:, 10], axis=-1) for joints in (shown["true"], truth)]
    np.testing.assert_allclose(*lengths, atol=4e-3)
    np.testing.assert_allclose(shown["wide-0"], 1.2 * shown["true"], atol=4e-3)
    feet, head = shown["true"][:, [3, 6], 2].mean(), shown["true"][:, 10, 2].mean()
    assert head - feet > 1.2


def test_the_errors_are_those_of_the_frames_shown_before_rounding(sequences):
    shown = unpack(pack(takes_of(sequences, by_runs(sequences)), RUNS))[0]
    truth = sequences.read("joints", "test")[: 2 * len(shown["true"]) : 2]
    for name, factor in {"baseline-0": 0.1, "wide-0": 0.2, "wide-3": 0.3}.items():
        expected = 1000 * factor * np.linalg.norm(truth, axis=-1).mean(axis=-1)
        np.testing.assert_allclose(shown["errors"][name], expected, atol=0.051)


def test_the_keypoints_keep_their_form_and_fill_their_picture(sequences):
    packed = pack(takes_of(sequences, by_runs(sequences)), RUNS)
    shown, original = unpack(packed)[0]["keypoints"], sequences.read("keypoints", "test")
    original = original[: 2 * len(shown) : 2].astype(float)
    scale = np.ptp(shown[..., 0]) / np.ptp(original[..., 0])
    np.testing.assert_allclose(shown - shown[0, 0], scale * (original - original[0, 0]), atol=2)
    assert max(packed["takes"][0]["size"]) == 1000
    assert np.mean((shown >= 0) & (shown <= packed["takes"][0]["size"])) > 0.98


def test_one_take_of_each_action_is_shown_at_25_frames_a_second():
    rows = [(s, a, n, c) for s in ("S9", "S11") for a in ("Eating", "Walking") for n in ("", "1") for c in ("x", "y")]
    table = pd.DataFrame(rows, columns=["subject", "action", "subaction", "camera"]).assign(frames=1000, fps=50.0)
    shown = choose(table)
    assert [(row["action"], row["subject"], row["camera"]) for row, _ in shown] == [
        ("Eating", "S9", "x"), ("Walking", "S9", "x"),
    ]  # fmt: skip
    assert all(len(frames) == FPS * SECONDS for _, frames in shown)
    assert [frames[:2] for _, frames in shown][1] == range(4000, 4004, 2)


@pytest.mark.parametrize("most", [40_000, 10_000, 1])
def test_more_motion_than_fits_is_cut_short_and_never_to_nothing(sequences, most):
    packed = pack(takes_of(sequences, by_runs(sequences)), RUNS, most=most)
    frames = [take["frames"] for take in packed["takes"]]
    assert min(frames) >= 1
    assert len(base64.b64decode(packed["motion"])) <= most or frames == [1] * len(frames)
    assert [len(take["true"]) for take in unpack(packed)] == frames


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (["wide", "baseline"], ["wide-0", "baseline-0"]),
        (["baseline", None], ["baseline-0", "wide-0"]),
        (["gone", "wide"], ["wide-0", "baseline-0"]),
    ],
)
def test_the_experiments_shown_first_are_those_wanted_or_any_others(sequences, first, expected):
    packed = pack(takes_of(sequences, by_runs(sequences)), RUNS, first=first)
    assert packed["first"] == expected
    assert packed["seeds"] == {"baseline": [0], "wide": [0, 3]}


def test_a_single_experiment_stands_on_both_sides(sequences):
    packed = pack(takes_of(sequences, by_runs(sequences)[:1]), RUNS[:1])
    assert packed["first"] == ["baseline-0", "baseline-0"]


def test_frames_without_a_pose_have_none_and_lost_ones_are_marked():
    take = lifted()
    take.lost[[5, 6, 7, 20, 59]] = True
    take.skeletons["lifted"][6] = take.keypoints[6] = np.nan
    packed = pack([take])
    [shown] = unpack(packed)
    assert packed["takes"][0]["lost"] == [[5, 3], [20, 1], [59, 1]]
    for layer in (shown["lifted"], shown["keypoints"]):
        assert np.flatnonzero(np.isnan(layer).any(axis=(1, 2))).tolist() == [6]
    np.testing.assert_allclose(shown["lifted"][7:], take.skeletons["lifted"][7:], atol=1.1e-3)
    assert shown["errors"] == {}
    assert packed["first"] == []
    assert packed["units"]["nothing"] == NOTHING

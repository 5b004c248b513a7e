"""What the report's skeleton player is given: the right frames, small enough, and read back as they were."""

import base64
import zlib

import numpy as np
import pandas as pd
import pytest

from jointaware.report.player import FPS, SECONDS, choose, pack


def unpack(packed: dict) -> dict[str, np.ndarray]:
    """As the page does it: joints by skeleton, (frames of all sequences, 17, 3) metres."""
    lengths = [sequence["frames"] for sequence in packed["sequences"]]
    values = np.frombuffer(zlib.decompress(base64.b64decode(packed["motion"])), "<i2").reshape(-1, sum(lengths), 17, 3)
    parts = np.split(values, np.cumsum(lengths)[:-1], axis=1)
    whole = np.concatenate([np.cumsum(part, axis=1) for part in parts], axis=1) / 1000
    return dict(zip(packed["skeletons"], whole, strict=True))


def test_the_player_shows_the_poses_upright_and_to_the_millimetre(sequences):
    predicted = sequences.read("joints", "test") * np.float32(1.1)
    shown = unpack(pack(sequences, [("wide-0", predicted)]))
    truth = sequences.read("joints", "test")[: 2 * len(shown["true"]) : 2]
    lengths = [np.linalg.norm(joints[:, 3] - joints[:, 10], axis=-1) for joints in (shown["true"], truth)]
    np.testing.assert_allclose(*lengths, atol=2e-3)
    np.testing.assert_allclose(shown["wide-0"], 1.1 * shown["true"], atol=2e-3)
    feet, head = shown["true"][:, [3, 6], 2].mean(), shown["true"][:, 10, 2].mean()
    assert head > feet


def test_one_take_of_each_action_from_every_camera_is_shown_at_25_frames_a_second():
    rows = [(s, a, n, c) for s in ("S9", "S11") for a in ("Eating", "Walking") for n in ("", "1") for c in ("x", "y")]
    table = pd.DataFrame(rows, columns=["subject", "action", "subaction", "camera"]).assign(frames=1000, fps=50.0)
    shown = choose(table)
    assert [(*each.name.values(),) for each in shown] == [row for row in rows if row[0] == "S9" and row[2] == ""]
    assert all(len(each.frames) == FPS * SECONDS and each.fps == FPS for each in shown)
    assert [each.frames[:2] for each in shown][2] == range(4000, 4004, 2)


@pytest.mark.parametrize("most", [40_000, 10_000, 1])
def test_more_motion_than_fits_is_cut_short_and_never_to_nothing(sequences, most):
    packed = pack(sequences, [("wide-0", sequences.read("joints", "test"))], most=most)
    frames = [sequence["frames"] for sequence in packed["sequences"]]
    assert min(frames) >= 1
    assert len(base64.b64decode(packed["motion"])) <= most or frames == [1] * len(frames)
    assert unpack(packed)["true"].shape == (sum(frames), 17, 3)

"""A checkpoint that was damaged is set aside, and training resumes from the last good one to the same network."""

import hashlib
import io

import pytest
import torch

from jointaware.errors import InputError
from jointaware.training import checkpoints
from jointaware.training.batches import read_motion
from jointaware.training.checkpoints import DIGEST_BYTES, exclusive, load, save
from jointaware.training.trainer import Trainer
from tests.training.small import small_experiment

CPU = torch.device("cpu")


@pytest.fixture
def make(sequences):
    """A new trainer of the same run."""

    def make(**changes: object) -> Trainer:
        training, monitored = (read_motion(sequences, split, CPU) for split in ("train", "validation"))
        return Trainer(training, monitored, small_experiment("ours", **{"epochs": 3, **changes}), seed=0)

    return make


@pytest.fixture
def trained(make, tmp_path) -> Trainer:
    """A trainer after two epochs, with a checkpoint after each."""
    trainer = make()
    for _ in range(2):
        list(trainer.epoch())
        save(tmp_path, trainer.state())
    return trainer


def seal(path, content: bytes) -> None:
    path.write_bytes(hashlib.sha256(content).digest() + content)


def test_a_state_is_resumed_exactly(trained, make, tmp_path):
    resumed = make()
    resumed.restore(load(tmp_path, resumed.check))
    for trainer in (trained, resumed):
        list(trainer.epoch())
    ours, theirs = (trainer.network.state_dict() for trainer in (trained, resumed))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("damage", [lambda raw: b"", lambda raw: raw[:100], lambda raw: raw[:-1], None])
def test_a_damaged_state_is_set_aside_and_the_one_before_it_resumed(trained, make, tmp_path, capsys, damage):
    """Empty as after a power failure, cut off, or with one bit flipped."""
    path = tmp_path / "state.pt"
    raw = bytearray(path.read_bytes())
    if damage is None:
        raw[len(raw) // 2] ^= 1
    path.write_bytes(bytes(raw) if damage is None else damage(bytes(raw)))
    state = load(tmp_path, make().check)
    assert len(state["history"]) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"{path}: damaged (its ")
    assert line.endswith("), set aside as state.pt.damaged; resuming from the one before it\n")
    assert line.count("\n") == 1
    assert {each.name for each in tmp_path.glob("*.pt*")} == {"state.pt.damaged", "previous.pt"}


def test_without_a_good_state_training_starts_over(trained, make, tmp_path, capsys):
    for path in tmp_path.glob("*.pt"):
        path.write_bytes(b"")
    assert load(tmp_path, make().check) is None
    assert [line.split("; ")[1] for line in capsys.readouterr().err.splitlines()] == [
        "resuming from the one before it",
        "training starts over",
    ]
    assert load(tmp_path, make().check) is None
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.pop("optimizer"),
        lambda state: state["network"].popitem(),
        lambda state: state["network"].update({next(iter(state["network"])): torch.zeros(1).expand(10**6, 10**6)}),
        lambda state: state["optimizer"]["state"].clear(),
        lambda state: state["optimizer"]["state"][0].update(exp_avg=torch.zeros(1)),
        lambda state: state["history"].pop(0),
        lambda state: state.update(seconds=None),
        lambda state: state.update(history=[{"epoch": 1 + epoch} for epoch in range(9)], seconds=[0.0] * 9),
    ],
)
def test_a_state_that_does_not_fit_is_set_aside(trained, make, tmp_path, change, capsys):
    state = trained.state()
    change(state)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    seal(tmp_path / "state.pt", buffer.getvalue())
    assert len(load(tmp_path, make().check)["history"]) == 1
    assert "set aside" in capsys.readouterr().err


def test_nothing_in_a_state_is_executed(make, tmp_path, capsys):
    class Hostile:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").touch, ())

    buffer = io.BytesIO()
    torch.save({"network": Hostile()}, buffer)
    seal(tmp_path / "state.pt", buffer.getvalue())
    assert load(tmp_path, make().check) is None
    assert not (tmp_path / "ran").exists()
    assert capsys.readouterr().err.endswith("; training starts over\n")


def test_a_state_starts_with_the_digest_of_the_rest(trained, tmp_path):
    raw = (tmp_path / "state.pt").read_bytes()
    assert raw[:DIGEST_BYTES] == hashlib.sha256(raw[DIGEST_BYTES:]).digest()


def test_a_save_that_fails_leaves_both_states(trained, tmp_path, monkeypatch):
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.pt")}
    monkeypatch.setattr(checkpoints.torch, "save", lambda state, file: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        save(tmp_path, {})
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.pt")} == before


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "checkpoints").touch()
    with (
        pytest.raises(InputError, match=r"checkpoints/run/lock: cannot be written \(Not a directory\)"),
        exclusive(tmp_path / "checkpoints/run"),
    ):
        pass


def test_slow_saving_takes_a_tenth_of_the_time_at_most(tmp_path, monkeypatch):
    now, saved = [0.0], []
    monkeypatch.setattr(checkpoints.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(checkpoints, "save", lambda folder, state: (saved.append(state), now.append(now.pop() + 2.0)))
    pace = checkpoints.Pace()
    for epoch in range(30):
        now[0] += 3.0
        pace.save(tmp_path, epoch, is_last=epoch == 29)
    assert saved == [0, 7, 14, 21, 28, 29]


def test_fast_saving_follows_every_epoch(tmp_path, monkeypatch):
    saved = []
    monkeypatch.setattr(checkpoints, "save", lambda folder, state: saved.append(state))
    pace = checkpoints.Pace()
    for epoch in range(5):
        pace.save(tmp_path, epoch, is_last=False)
    assert saved == [0, 1, 2, 3, 4]

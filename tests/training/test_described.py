"""Pickles as descriptions: what they hold is found, nothing is executed, and no pickle takes more than its bytes."""

import io
import os
import pickle
from contextlib import suppress

import pytest

from jointaware.training.described import Object, read_description

SOURCE = {"numbers": [1, 2.5, -3, 10**40], "nothing": None, "pair": (1, (True, False)), "text": "é", "bytes": b"\xff"}


def describe(content: bytes):
    return read_description(io.BytesIO(content))[0]


@pytest.mark.parametrize("protocol", range(1, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_values_are_read_in_every_protocol(protocol):
    found = describe(pickle.dumps(SOURCE, protocol))
    assert isinstance(found, Object)
    assert found.call == "dict"
    for key in ("numbers", "nothing", "pair", "text"):
        assert found.items[key] == SOURCE[key]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_shared_objects_stay_shared(protocol):
    inner = [1]
    first, second = describe(pickle.dumps([inner, inner], protocol))
    assert first is second


class Foreign:
    def __reduce__(self):
        return os.mkdir, ("made",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_call_is_described_and_never_made(protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = describe(pickle.dumps(Foreign(), protocol))
    assert (found.call, found.arguments) == (f"{os.name}.mkdir", ("made",))
    assert not list(tmp_path.iterdir())


def test_several_pickles_follow_one_another():
    file = io.BytesIO(pickle.dumps(1) + pickle.dumps("two") + b"rest")
    assert [read_description(file)[0] for _ in range(2)] == [1, "two"]
    assert file.read() == b"rest"


MANY = 400_000
MEMO = b"]r\xff\xff\xff\x7f"
HOSTILE = {
    "memo of two billion": b"\x80\x02" + MEMO,
    "length of 2**62": b"\x80\x02\x8d" + b"\xff" * 7 + b"\x3f" + b"text",
    "nested tuples": b")" + b"\x85" * MANY,
    "nested lists": b"]" * MANY + b"a" * (MANY - 1),
    "nested key": b"}" + b")" + b"\x85" * MANY + b"Ns",
    "doubled key": b"}" + b")" + b"2\x86" * MANY + b"Ns",
    "doubled name": b")" + b"2\x86" * 10**5 + b"2\x93",
    "dictionaries": b"}" * MANY,
    "memo": b"}\x94" * MANY,
    "no end": b"(" * MANY,
    "calls": b"N" + b")R" * MANY,
    "digits": b"L" + b"9" * MANY + b"L\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_small_pickle_takes_long_or_ends_the_interpreter(name):
    """Deep keys overflow the stack when hashed, doubled ones take for ever; neither is hashed."""
    with suppress(ValueError, LookupError, TypeError, EOFError):
        describe(HOSTILE[name] + b".")

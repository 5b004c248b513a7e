"""Hostile pickles, and checkpoints made of them: they call functions, or declare and nest more than they hold."""

from __future__ import annotations

import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch

from bench.faults.hostile.texts import CANARY, DEEP, Write, write


class _Runs:
    """Pickles to a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> tuple[Any, ...]:
        return self.call[0], self.call[1:]


def _global(name: str) -> bytes:
    module, _, attribute = name.rpartition(".")
    return f"c{module}\n{attribute}\n".encode()


RUN = pickle.dumps(_Runs(os.system, f"touch {CANARY}"))
PICKLES: dict[str, bytes] = {
    "a shell command": RUN,
    "a shell command of protocol 0": pickle.dumps(_Runs(os.system, f"touch {CANARY}"), protocol=0),
    "a call of exec": pickle.dumps(_Runs(exec, f"open({CANARY!r}, 'w')")),
    "a call of open": pickle.dumps(_Runs(open, CANARY, "w")),
    "getattr": pickle.dumps(_Runs(getattr, "", "join")),
    "a nested name": b"\x80\x04\x8c\x05numpy\x8c\x0fos.system.__call__\x93.",
    "an extension code": b"\x80\x02\x82\x01.",
    "a persistent name": b"Pcanary\n.",
    "a memo of 2**28": b"\x80\x02]r" + struct.pack("<I", 2**28) + b".",
    "a memo of 2**31": b"\x80\x02]r" + struct.pack("<I", 2**31 - 1) + b".",
    "a textual memo of 2**40": b"]p1099511627776\n.",
    "memos that grow": b"\x80\x02]" + b"".join(b"r" + struct.pack("<I", 2**step) for step in range(8, 30)) + b".",
    "bytes of 2**62": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",
    "bytes of 4 GiB": b"\x80\x03B" + struct.pack("<I", 2**32 - 1) + b"x.",
    "text of 2**62": b"\x80\x04\x8d" + struct.pack("<Q", 2**62) + b"x.",
    "a frame of 2**62": b"\x80\x04\x95" + struct.pack("<Q", 2**62) + b"N.",
    "a bytearray of 2**40": b"\x80\x05\x96" + struct.pack("<Q", 2**40) + b"x.",
    "a number of a million digits": b"I" + b"9" * 900_000 + b"\n.",
    "a long of 900,000 bytes": b"\x80\x02\x8b" + struct.pack("<I", 900_000) + b"\x7f" * 900_000 + b".",
    "lists 100,000 deep": b"\x80\x02" + b"]" * DEEP + b"a" * (DEEP - 1) + b".",
    "tuples 100,000 deep": b"\x80\x02)" + b"\x85" * DEEP + b".",
    "tuples 100,000 deep as a key": b"\x80\x02})" + b"\x85" * DEEP + b"Ns.",
    "tuples 100,000 deep in a set": b"\x80\x04\x8f()" + b"\x85" * DEEP + b"\x90.",
    "a list within itself": b"\x80\x02]q\x00h\x00a.",
    "a mapping within itself": b"\x80\x02}q\x00K\x01h\x00s.",
    "lists that double 40 times": b"\x80\x02]q\x00"
    + b"".join(
        b"]q" + bytes([step]) + b"(h" + bytes([step - 1]) + b"h" + bytes([step - 1]) + b"e" for step in range(1, 41)
    )
    + b".",
    "an empty stack": b".",
    "no end": b"\x80\x02]",
    "an unknown protocol": b"\x80\xff.",
    "an array of 2**40": _global("numpy.core.multiarray._reconstruct") + b"(cnumpy\nndarray\n(I1099511627776\ntVb\ntR.",
    "a dtype of 2 GiB": _global("numpy.dtype") + b"(VU536870911\nI0\nI1\ntR.",
    "an array of objects at addresses": _global("numpy.core.multiarray.scalar")
    + b"(cnumpy\ndtype\n(VO8\nI0\nI1\ntRVabcdefgh\ntR.",
}


def _torch_zip(pickled: bytes, path: Path, *, size: int = 4) -> None:
    """A PyTorch archive with a hostile pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/data.pkl", pickled)
        archive.writestr("a/byteorder", "little")
        archive.writestr("a/data/0", bytes(size))
        archive.writestr("a/version", "3\n")


def _saved(value: Callable[[], Any], path: Path, *, is_zip: bool = True) -> None:
    torch.save({"model_pos": value(), "network": value()}, path, _use_new_zipfile_serialization=is_zip)


def _like_videopose3d(*shape: int) -> Callable[[], dict[str, torch.Tensor]]:
    """Weights that share one number and claim to be many."""

    def weights() -> dict[str, torch.Tensor]:
        wide = torch.zeros(1).expand(*shape)
        return {"expand_conv.weight": wide, "shrink.weight": wide, "layers_conv.0.weight": wide}

    return weights


CHECKPOINTS: dict[str, Write] = {
    **{f"a pickle: {words}": partial(_torch_zip, content) for words, content in PICKLES.items()},
    "a bare pickle": partial(write, RUN),
    **{
        f"a bare pickle: {words}": partial(write, PICKLES[words])
        for words in ("a memo of 2**28", "tuples 100,000 deep as a key", "lists 100,000 deep", "a call of open")
    },
    "weights of 4 GiB from one number": partial(_saved, _like_videopose3d(1024, 1024, 1024)),
    "weights of 4 TiB from one number": partial(_saved, _like_videopose3d(2**20, 2**20, 1)),
    "weights of 4 GiB, legacy": partial(_saved, _like_videopose3d(1024, 1024, 1024), is_zip=False),
    "channels of a million": partial(_saved, _like_videopose3d(10**6, 34, 3)),
    "no weights": partial(_saved, dict),
    "a weight of texts": partial(_saved, lambda: {"expand_conv.weight": "text", "shrink.weight": 3}),
    "a sparse weight": partial(_saved, lambda: {"expand_conv.weight": torch.zeros(4, 34, 3).to_sparse()}),
    "a complex weight": partial(_saved, lambda: {"expand_conv.weight": torch.zeros(4, 34, 3, dtype=torch.complex64)}),
    "a weight of no device": partial(_saved, lambda: {"expand_conv.weight": torch.zeros(4, 34, 3, device="meta")}),
}

"""Hostile parameters, records and tables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

Write = Callable[[Path], None]
"""A function that writes a hostile file to a path."""
CANARY = "canary"
"""The file that hostile code would make."""
DEEP = 100_000


def write(content: str | bytes, path: Path) -> None:
    """Write a whole file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def _all(contents: dict[str, str | bytes]) -> dict[str, Write]:
    return {words: partial(write, content) for words, content in contents.items()}


def _bomb(levels: int = 30, width: int = 10) -> str:
    """Nested references: 10**30 items, if anyone counts them."""
    lines = ["a0: &a0 [x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * width)}]" for level in range(1, levels)]
    return "\n".join(lines)


YAML = _all(
    {
        "references to references": _bomb(),
        "a reference to itself": "experiments: &a\n  x: *a\nseeds: *a\ndata: *a\n",
        "a Python object": "data: !!python/object/apply:os.system ['touch canary']\n",
        "a Python name": "data: !!python/name:os.system\n",
        "deep lists": "[" * DEEP,
        "deep mappings": "{a: " * DEEP,
        "deep keys": "? " * DEEP,
        "deep indentation": "\n".join(" " * depth + "a:" for depth in range(1000)),
        "a number of a million digits": f"seeds: [{'9' * 1_000_000}]\n",
        "merge keys in a circle": "a: &a\n  <<: *a\n",
        "a key twice": "data: 1\ndata: 2\n",
        "a mapping as key": "? {a: [b]}\n: c\n",
        "two documents": "a: 1\n---\nb: 2\n",
        "a control character": "data: \x00\x07\n",
        "Latin-1": "data: é\n".encode("latin-1"),
        "UTF-16": "data: 1\n".encode("utf-16"),
        "a tab": "data:\n\tsource: synthetic\n",
        "a date": "data: 2001-12-14t21:59:43.10-05:00\n",
        "base 60 and octal": "seeds: [190:20:30, 0o7777777777777777777777777]\n",
        "an infinite exponent": "seeds: [1e999999999]\n",
        "a list": "- 1\n- 2\n",
        "binary": bytes(range(256)) * 20,
    }
)
JSON = _all(
    {
        "deep lists": "[" * DEEP,
        "deep mappings": '{"a":' * DEEP,
        "deep and closed": "[" * DEEP + "]" * DEEP,
        "a number of a million digits": "9" * 1_000_000,
        "an infinite exponent": '{"weights": 1e999, "files": [], "source": 1e999, "mpjpe_mm": 1e999}',
        "NaN": '{"weights": NaN, "files": NaN, "source": NaN, "network_sha256": NaN, "mpjpe_mm": NaN}',
        "null": "null",
        "a list": "[]",
        "a text": '"text"',
        "an empty mapping": "{}",
        "wrong types": '{"source": "synthetic", "files": 3, "weights": "x", "network_sha256": [], "mpjpe_mm": "x"}',
        "wrong items": '{"source": "synthetic", "files": [3], "weights": {}, "network_sha256": {}, "mpjpe_mm": {}}',
        "paths of devices": '{"source": "synthetic", "files": [{"path": "/dev/zero", "sha256": "0"}]}',
        "half a surrogate": '{"source": "\\ud800", "files": [], "weights": "\\ud800", "network_sha256": "\\ud800"}',
        "Latin-1": '{"source": "é"}'.encode("latin-1"),
        "UTF-16": '{"source": "x"}'.encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf{}",
        "binary": bytes(range(256)) * 20,
    }
)
HEAD = "subject,action,subaction,camera,start,frames,split,fps\n"
CSV = _all(
    {
        "a field of 900 kB": f"a,b\n{'x' * 900_000},1\n",
        "20,000 columns": ",".join(f"c{number}" for number in range(20_000)) + "\n",
        "an open quote": 'subject,action\n"S9,Walking\nS9,Eating\n',
        "zero bytes": b"subject,action\n\x00\x00,\x00\n",
        "columns twice": "subject,subject,subject\n1,2,3\n",
        "rows of unequal length": "a,b\n1\n1,2,3\n",
        "no rows": HEAD,
        "only an end of line": "\n",
        "a huge number": f"{HEAD}S9,Walking,,54138969,0,{'9' * 400},test,50\n",
        "negative frames": f"{HEAD}S9,Walking,,54138969,0,-3,test,50\n",
        "Latin-1": "sübject,action\nS9,Wälking\n".encode("latin-1"),
        "UTF-16": "subject,action\nS9,Walking\n".encode("utf-16"),
        "binary": bytes(range(256)) * 20,
    }
)

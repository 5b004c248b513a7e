"""The files of the studies in results/studies, which no stage makes again: each study lists their digests.

The list has the format of sha256sum, so that `sha256sum --check SHA256SUMS` in a study's folder checks it too.
"""

from __future__ import annotations

import re
from pathlib import Path

from jointaware.artifacts.files import sha256, write_text
from jointaware.lineage.files import Expected, Problem, compare, digest_now

LIST = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def list_files(study: Path) -> None:
    """Write the list of a study's files."""
    lines = [f"{sha256(path)}  {path.relative_to(study).as_posix()}\n" for path in _files(study)]
    write_text(study / LIST, "".join(lines))


def check_studies(folder: Path = Path("results/studies")) -> tuple[int, list[Problem]]:
    """The number of files that the studies list, and what is wrong with those of each."""
    count, problems = 0, []
    for study in sorted(path for path in folder.glob("*") if path.is_dir()):
        listed, found = check(study)
        count += listed
        problems += found
    return count, problems


def check(study: Path) -> tuple[int, list[Problem]]:
    """The number of files that a study lists, and those that are missing, changed or not listed."""
    path = study / LIST
    expected, damaged = _read(path)
    listed = {each.path for each in expected}
    found = [str(each) for each in _files(study) if str(each) not in listed]
    unlisted = [Problem(each, "changed", f"{each}: not listed in {path}") for each in found]
    changed = filter(None, (compare(each, digest_now(each.path)) for each in expected))
    return len(expected), [*damaged, *unlisted, *changed]


def _files(study: Path) -> list[Path]:
    return sorted(path for path in study.rglob("*") if path.is_file() and path.name != LIST)


def _read(path: Path) -> tuple[list[Expected], list[Problem]]:
    """The files that a list names, and lines that are damaged."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError as error:
        return [], [Problem(str(path), "changed", f"{path}: {error.strerror}, expected the digests of the files here")]
    expected, damaged = [], []
    for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, start=1):
        if match := _LINE.fullmatch(line):
            expected.append(Expected(str(path.parent / match[2]), match[1], str(path)))
        else:
            text = f"{path}, line {number}: found {line!r:.40}, expected a SHA-256 and a file"
            damaged.append(Problem(str(path), "changed", text))
    return expected, damaged

"""Delete files of experiments and seeds that params.yaml no longer has, and old training checkpoints.

Each run keeps its newest checkpoint, so that adding a seed to an experiment does not retrain its other seeds. Stages
that dvc.yaml no longer has are removed from dvc.lock. aggregate and report read whole folders: if they were up to date
before, dvc.lock records the folders without the deleted files, so that `dvc status` stays clean.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from dvc.exceptions import DvcException
from dvc.repo import Repo
from dvc.utils.serialize import modify_yaml

from jointaware.artifacts.parameters import load
from jointaware.artifacts.scores import Run, leftovers, runs_of
from jointaware.errors import InputError
from stages.command import parser, run

FOLDERS = (Path("models"), Path("predictions"), Path("smoothers"), Path("frame_errors"), Path("results/runs"))
PROVENANCE = Path("results/provenance")
CHECKPOINTS = Path(".checkpoints")
LOCK = Path("dvc.lock")
READERS = ("aggregate", "report")
"""Stages that depend on whole folders of runs."""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser(__doc__).parse_args(argv)
    runs = runs_of(load(Path("params.yaml")))
    current = up_to_date(READERS)
    for folder in FOLDERS:
        for path in leftovers(runs, folder):
            delete(path, folder)
    for path in [*other_records(runs), *old_checkpoints(runs)]:
        delete(path, path.parent)
    forget_stages()
    for stage in current:
        dvc("commit", "--quiet", "--force", stage)


def delete(path: Path, within: Path) -> None:
    """Delete a file, a folder, or a link; but nothing that only a link puts into the folder `within`."""
    if not path.parent.resolve().is_relative_to(within.resolve()):
        print(f"kept {path}, which lies in {path.parent.resolve()}")
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
    print(f"deleted {path}")


def other_records(runs: Sequence[Run]) -> list[Path]:
    """Provenance of runs that the parameters do not have."""
    names = {each.name for each in runs}
    return [path for path in sorted(PROVENANCE.glob("*.json")) if path.stem not in names]


def old_checkpoints(runs: Sequence[Run]) -> Iterator[Path]:
    """Checkpoints of other runs, and all but the newest of each run; a folder is named `<run>-<fingerprint>`."""
    names = {each.name for each in runs}
    folders = defaultdict(list)
    for folder in CHECKPOINTS.glob("*"):
        folders[folder.name.rpartition("-")[0]].append(folder)
    for name, found in folders.items():
        found.sort(key=lambda folder: folder.lstat().st_mtime)
        yield from found[:-1] if name in names else found


def up_to_date(stages: Sequence[str]) -> list[str]:
    """The stages, of those given, that DVC would not rerun."""
    if not LOCK.is_file():
        return []
    changed = json.loads(dvc("status", "--json", *stages))
    return [stage for stage in stages if stage not in changed]


def dvc(*arguments: str) -> str:
    """What a command of DVC prints; InputError with its message where it fails."""
    done = subprocess.run(["dvc", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"dvc {' '.join(arguments)}: {done.stderr.strip().removeprefix('ERROR: ')}")
    return done.stdout


def forget_stages() -> None:
    """Remove stages from dvc.lock that dvc.yaml no longer has."""
    if not LOCK.is_file():
        return
    try:
        with Repo() as repo:
            known = {stage.addressing for stage in repo.index.stages}
        with modify_yaml(LOCK) as lock:
            for name in set(lock["stages"]) - known:
                del lock["stages"][name]
                print(f"{LOCK}: forgot {name}")
    except (DvcException, KeyError, TypeError) as error:
        raise InputError(f"{LOCK}: found {error}, expected what `dvc repro` wrote") from error


if __name__ == "__main__":
    run(main)

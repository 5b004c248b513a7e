"""Get results from the DVC remote, as `dvc pull` does; what is wrong with the remote is told in one line.

Nothing is changed by a remote that cannot be reached; of one that lacks files or has damaged ones, everything else is
there afterwards, and the next pull goes on.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dvc.config import RemoteConfigError
from dvc.exceptions import CheckoutError, DvcException
from dvc.repo import Repo
from dvc_objects.errors import ObjectFormatError

from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from stages.command import parser, run

PARAMS = Path("params.yaml")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    for package in ("dvc", "dvc_data", "dvc_objects"):
        logging.getLogger(package).setLevel(logging.CRITICAL)  # they have lines for each file that is missing
    with Repo() as repo:
        stats = pull(repo, load(PARAMS).data.remote, arguments.targets)
    new, changed = (len(stats[name]) for name in ("added", "modified"))
    print(f"{new} outputs are new, {changed} changed" if new or changed else "everything was here")


def pull(repo: Repo, name: str, targets: Sequence[str]) -> dict[str, Any]:
    """What `dvc pull` counts; InputError where it fails.

    name: of the remote, the default one if empty. targets: outputs or stages; all if empty.
    """
    try:
        remote = repo.cloud.get_remote(name or None)
    except RemoteConfigError as error:
        what = f"no remote {name}, which data.remote names" if name else "no default remote"
        raise InputError(f".dvc/config: found {what}, expected one (docs/remotes.md)") from error
    where = f"remote {remote.name} ({remote.path})"
    try:
        is_there = remote.fs.exists(remote.path)
    except Exception as error:  # each kind of remote has its own
        why = str(error).strip().rpartition("\n")[2] or type(error).__name__
        raise InputError(f"{where}: cannot be reached, {why}; nothing has changed") from error
    if not is_there:
        raise InputError(f"{where}: cannot be reached, or nothing was ever pushed to it; nothing has changed")
    try:
        counts: dict[str, Any] = repo.pull(list(targets) or None)
    except CheckoutError as error:
        lost = _named(error.target_infos)
        raise InputError(f"{where}: lacks {lost}, or has it damaged; `dvc push` where it is, then pull") from error
    except ObjectFormatError as error:  # of a folder, which DVC does not drop
        raise InputError(f"{where}: {error}; delete it there, `dvc push` where it is, then pull") from error
    except DvcException as error:
        raise InputError(f"{where}: {' '.join(str(error).split())}") from error
    return counts


def _named(targets: Sequence[Any]) -> str:
    """The first three, and how many more."""
    more = len(targets) - 3
    return ", ".join(map(str, targets[:3])) + (f" and {more} more" if more > 0 else "")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("targets", nargs="*", help="outputs or stages, such as models/joint_aware; default: all")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)

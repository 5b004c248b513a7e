"""Put a profile, a complete set of parameters, in the place of params.yaml.

Refuses while params.yaml holds edits that are in no commit and no profile.
"""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from stages.command import parser, run

PROFILES = Path("profiles")
PARAMS = Path("params.yaml")


def main() -> None:
    """Run the command."""
    profile = PROFILES / f"{_arguments().profile}.yaml"
    load(profile)
    if not is_kept(PARAMS):
        raise InputError(
            f"{PARAMS}: holds edits that are in no commit and no profile; commit them or copy them to {PROFILES}"
        )
    write_text(PARAMS, profile.read_text(encoding="utf-8"))
    print(f"{PARAMS} is now {profile}")


def is_kept(params: Path) -> bool:
    """Whether the parameters, comments and all, can be had back from git or from a profile."""
    text = params.read_text(encoding="utf-8")
    committed = subprocess.run(["git", "show", f"HEAD:./{params}"], capture_output=True, text=True, check=False)
    return committed.stdout == text or any(text == file.read_text(encoding="utf-8") for file in PROFILES.glob("*.yaml"))


def _arguments() -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("profile", choices=sorted(file.stem for file in PROFILES.glob("*.yaml")))
    return command.parse_args()


if __name__ == "__main__":
    run(main)

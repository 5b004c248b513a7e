"""Replace params.yaml by a profile, a complete set of parameters.

Refuses while params.yaml has edits that are in no commit and no profile.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import load
from jointaware.errors import InputError
from jointaware.foreign import visible
from stages.command import parser, run

PROFILES = Path("profiles")
PARAMS = Path("params.yaml")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    command = parser(__doc__)
    command.add_argument("profile", choices=[file.stem for file in visible(PROFILES, "*.yaml")])
    profile = PROFILES / f"{command.parse_args(argv).profile}.yaml"
    load(profile)
    if not is_kept(PARAMS):
        raise InputError(
            f"{PARAMS}: has edits that are in no commit and no profile; commit them or copy the file to {PROFILES}"
        )
    write_text(PARAMS, profile.read_text(encoding="utf-8"))
    print(f"{PARAMS} is now {profile}")


def is_kept(params: Path) -> bool:
    """Whether this text, comments included, is in the last commit or in a profile."""
    text = params.read_bytes()
    committed = subprocess.run(["git", "show", f"HEAD:./{params}"], capture_output=True, check=False)
    return committed.stdout == text or any(text == file.read_bytes() for file in visible(PROFILES, "*.yaml"))


if __name__ == "__main__":
    run(main)

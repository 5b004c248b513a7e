"""Write the JSON schema of params.yaml, which editors use for completion and checks.

It is derived from the typed parameters (`jointaware.artifacts.parameters`): units, ranges and descriptions are written
there. With --check nothing is written; an outdated schema exits with status 2.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from jointaware.artifacts.files import write_text
from jointaware.artifacts.parameters import parameters_schema
from jointaware.errors import InputError
from stages.command import parser, run

SCHEMA = Path("workflow/parameters.schema.json")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    command = parser(__doc__)
    command.add_argument("--check", action="store_true", help="only check that the schema is up to date")
    if not command.parse_args(argv).check:
        write_text(SCHEMA, text())
    elif not SCHEMA.is_file() or SCHEMA.read_bytes() != text().encode():
        raise InputError(f"{SCHEMA}: differs from the typed parameters; run `python -m workflow.schema`")


def text() -> str:
    """Content of the schema file."""
    return json.dumps(parameters_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    run(main)

"""Write the page of `dvc plots` so that it works offline: training curves, bars by action, figures.

Without a revision it shows the workspace; with one or more, such as HEAD or the name of an experiment, it compares them
with the workspace. DVC's own page loads its plotting library from the web; this one embeds the copy that comes with
Snakemake.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from jointaware.errors import InputError
from stages.command import parser, run

LIBRARIES = ("vega", "vega-lite", "vega-embed")
PAGE = """<!DOCTYPE html>
<html>
<head><meta charset="utf-8"><title>Plots</title>{libraries}</head>
<body>{plot_divs}</body>
</html>
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    with tempfile.NamedTemporaryFile("w", suffix=".html", encoding="utf-8") as template:
        template.write(page())
        template.flush()
        what = ["diff", *arguments.revisions] if arguments.revisions else ["show"]
        command = ["dvc", "plots", *what, "--out", str(arguments.out), "--html-template", template.name]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"dvc plots {' '.join(what)}: {done.stderr.strip().removeprefix('ERROR: ')}")
    print(arguments.out / "index.html")


def page() -> str:
    """DVC's page with the libraries embedded."""
    data = files("snakemake") / "assets/data"
    scripts = (f"<script>{(data / name / f'{name}.js').read_text(encoding='utf-8')}</script>" for name in LIBRARIES)
    return PAGE.replace("{libraries}", "\n".join(scripts))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("revisions", nargs="*", help="commits or experiments to compare with the workspace")
    command.add_argument("--out", type=Path, default=Path("dvc_plots"), help="folder to write; default: %(default)s")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)

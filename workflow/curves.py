"""Draw the curves of trainings under way, of this checkout and of DVC's queue, to a page that reloads itself.

Each training writes its history to .checkpoints after every epoch. A line is a run: its MPJPE on the split that it
monitors. Stop with Ctrl-C.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from jointaware.analysis.figures.style import TINY, WIDTH, drawing
from jointaware.artifacts.files import read_table, write_text
from jointaware.errors import InputError
from jointaware.training.runs import WATCHED
from stages.command import parser, run

PLACES = (".checkpoints", ".dvc/tmp/exps/*/.checkpoints")
ERRORS = ("held_out_mpjpe_mm", "train_mpjpe_mm")
"""Columns of a history; the first that was measured is drawn."""
PAGE = """<!doctype html>
<meta charset="utf-8"><meta http-equiv="refresh" content="{every}"><title>Trainings under way</title>
{svg}
"""


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    print(f"{arguments.out}: open it in a browser", flush=True)
    with suppress(KeyboardInterrupt):
        while True:
            histories = read_histories(Path(), since=time.time() - 3600 * arguments.hours)
            if not histories and arguments.once:
                raise InputError(f"{PLACES[0]}: found no training of the last {arguments.hours:g} hours, expected one")
            write_text(arguments.out, PAGE.format(every=arguments.every, svg=draw(histories)))
            if arguments.once:
                return
            time.sleep(arguments.every)


def read_histories(checkout: Path, *, since: float) -> dict[str, pd.DataFrame]:
    """The history of each training that ended an epoch after a time, seconds since 1970, by the name of its run."""
    found: dict[str, pd.DataFrame] = {}
    for path in sorted(path for place in PLACES for path in checkout.glob(f"{place}/*/{WATCHED}")):
        with suppress(FileNotFoundError, InputError):  # it was deleted meanwhile
            if path.stat().st_mtime >= since:
                history = read_table(path, text=("run",), numbers=("epoch", *ERRORS))
                queued = re.findall(r"\.dvc/tmp/exps/([^/]+)/", path.as_posix())
                name = ": ".join([*queued, history["run"].iloc[-1]])
                same = sum(each.split(" (")[0] == name for each in found)  # of other parameters
                found[f"{name} ({same + 1})" if same else name] = history
    return found


def draw(histories: dict[str, pd.DataFrame]) -> str:
    """All curves on one logarithmic axis, with their last error, as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "curves.svg")
        with drawing(path):
            figure, axis = plt.subplots(figsize=(2 * WIDTH, WIDTH), layout="constrained")
            for name, history in histories.items():
                error = next(history[column] for column in ERRORS if history[column].notna().any())
                label = f"{name}: epoch {history['epoch'].iloc[-1]:.0f}, {error.iloc[-1]:.1f} mm"
                axis.plot(history["epoch"], error, marker=".", label=label)
            axis.set(xlabel="epoch", ylabel="MPJPE (mm)", yscale="log")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 4, 5, 6, 7, 8, 9)))
            axis.yaxis.set_minor_locator(NullLocator())
            axis.yaxis.set_major_formatter("{x:g}")
            if histories:
                figure.legend(loc="outside right upper", fontsize=TINY)
        text = path.read_text(encoding="utf-8")
    return text[text.index("<svg") :]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--every", type=int, default=10, help="seconds between drawings; default: %(default)s")
    command.add_argument("--hours", type=float, default=12, help="leave out runs without an epoch since; default: 12")
    command.add_argument("--once", action="store_true", help="draw once and end")
    command.add_argument("--out", type=Path, default=Path("dvc_plots/curves.html"), help="default: %(default)s")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)

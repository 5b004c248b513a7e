"""The tiny checkout that is harmed: finished once, copied for each try."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from bench.faults._child import Call, Ended, run_child, stage
from bench.faults._verdict import complaint, digests
from tests import tiny, tiny_checkout
from workflow.graph import outputs_of

MODULES = "modules.txt"
PIPELINE = ("fetch", "preprocess", "train", "predict", "smooth", "evaluate", "aggregate", "report")
OF_EXPERIMENTS = ("train", "predict", "smooth", "evaluate")
OURS = tiny_checkout.EXPERIMENTS[-1]


class Try(NamedTuple):
    """One fault. run: returns an empty text if the product held, else one line on what it did."""

    words: str
    run: Callable[[], str]


class Step(NamedTuple):
    """A stage of the pipeline, for one experiment where it has any. outputs: folders and files that it makes."""

    stage: str
    experiment: str = ""

    @property
    def call(self) -> Call:
        """The stage by its command in dvc.yaml."""
        return self.with_arguments(())

    def with_arguments(self, more: Sequence[str]) -> Call:
        """The same with further arguments."""
        return stage(f"stages.{self.stage}", [*tiny.command(self.stage, self.experiment), *more])

    @property
    def outputs(self) -> list[str]:
        """Paths that the stage makes."""
        fields = tiny.COMMANDS[self.stage].get("do", tiny.COMMANDS[self.stage])
        return [out.replace("${key}", self.experiment) for out in outputs_of(fields)]

    def __str__(self) -> str:
        return f"{self.stage}@{self.experiment}" if self.experiment else self.stage


STEPS = [Step(name, each) for name in PIPELINE for each in ((OURS,) if name in OF_EXPERIMENTS else ("",))]
"""Every stage once."""
WHOLE = [
    Step(name, each) for name in PIPELINE for each in (tiny_checkout.EXPERIMENTS if name in OF_EXPERIMENTS else ("",))
]
"""The pipeline from nothing."""


def parameters(**changes: Any) -> dict[str, Any]:
    """Tiny parameters: two experiments, one seed, one camera; changes of whole sections or of their keys."""
    tiny_ones: dict[str, Any] = tiny.tiny_parameters() | {"seeds": [0]}
    tiny_ones["preprocess"] |= tiny_checkout.SMALL
    tiny_ones["experiments"] = {name: tiny_ones["experiments"][name] for name in tiny_checkout.EXPERIMENTS}
    return tiny.merge(tiny_ones, changes)


class Grounds:
    """Folders made once in a temporary one, and copies of them for tries."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ended: list[Ended] = []
        """Every child that a try ran; whoever runs the tries empties it."""
        self._made: dict[str, Path] = {}
        self._seconds: dict[str, float] = {}

    def once(self, name: str, fill: Callable[[Path], None]) -> Path:
        """A folder that a function fills, the first time that it is asked for."""
        if name not in self._made:
            path = Path(tempfile.mkdtemp(dir=self.folder))
            fill(path)
            self._made[name] = path
        return self._made[name]

    @property
    def finished(self) -> Path:
        """A folder with the results of all stages."""
        return self.once("finished", self._finish)

    @property
    def laid_out(self) -> Path:
        """A git repository of the code with tiny parameters, without results."""
        return self.once("laid out", tiny_checkout.lay_out)

    @property
    def reproduced(self) -> Path:
        """The same with all results, up to date for DVC and git."""
        return self.once("reproduced", self._reproduce)

    @cached_property
    def results(self) -> dict[str, str]:
        """Digests of everything in the finished folder."""
        return digests(self.finished)

    def run(self, call: Call, folder: Path) -> Ended:
        """Call a function in a child with this working folder."""
        ended = run_child(call, folder)
        self.ended.append(ended)
        return ended

    def seconds(self, what: object, call: Callable[[], object]) -> float:
        """Wall time of a call, measured the first time that it is asked for."""
        if str(what) not in self._seconds:
            started = time.perf_counter()
            call()
            self._seconds[str(what)] = time.perf_counter() - started
        return self._seconds[str(what)]

    @contextmanager
    def copy(self, of: Path) -> Iterator[Path]:
        """A copy to harm, deleted afterwards."""
        with self.empty() as folder:
            yield shutil.copytree(of, folder / "checkout", symlinks=True)

    @contextmanager
    def empty(self) -> Iterator[Path]:
        """An empty folder, deleted afterwards."""
        with tempfile.TemporaryDirectory(dir=self.folder) as temporary:
            yield Path(temporary)

    def _finish(self, folder: Path) -> None:
        tiny.lay_out(folder)
        tiny.write_yaml(folder / "params.yaml", parameters())
        for step in WHOLE:
            must_succeed(partial(_listing_modules, step.call), folder)
            _import_listed(folder / MODULES)

    def _reproduce(self, folder: Path) -> None:
        tiny_checkout.lay_out(folder)
        shutil.copytree(self.finished, folder, dirs_exist_ok=True)
        tiny_checkout.run(folder, "dvc commit --force --quiet")
        tiny_checkout.commit(folder, "results")


def must_succeed(call: Call, folder: Path) -> None:
    """Run a call on undisturbed inputs; RuntimeError if it fails, because then no try means anything."""
    ended = run_child(call, folder)
    if ended.status or complaint(ended, is_measured=False):
        raise RuntimeError(f"fails undisturbed: {ended.stderr.strip() or ended.status}")


def _listing_modules(call: Call) -> None:
    call()
    Path(MODULES).write_text("\n".join(sys.modules), encoding="utf-8")


def _import_listed(path: Path) -> None:
    """Import what a stage imported, so that later children need not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in path.read_text(encoding="utf-8").split():
            with suppress(ImportError):
                importlib.import_module(name)
    path.unlink()

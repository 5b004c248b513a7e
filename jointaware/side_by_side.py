"""Call one function for several items at once, each in a process of its own where cores allow it.

Every process uses a fixed number of threads, so that results do not depend on how many processes run at once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import wait
from typing import TypeVar

from jointaware.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")

CORES = "JOINTAWARE_CORES"
"""Environment variable: the user's OMP_NUM_THREADS, saved by `stages` before it sets that to 1; empty means all."""
TERMINATED = 143
"""Exit status of a process that SIGTERM ended."""


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item], *, threads: int = 1) -> list[Result]:
    """Results of a function for all items, in order.

    function, items: picklable. threads: that each call uses.

    Runs in this process, one item after another, where there is one item or too few cores. The first exception ends
    the other processes and is raised here; so does an interrupt. InputError if a process dies.
    """
    processes = min(len(items), cores() // threads)
    if processes < 2:
        return [function(item) for item in items]
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, initializer=_follow_parent) as pool:
        try:
            futures = [pool.submit(partial(_call, function), item) for item in items]
            for future in as_completed(futures):
                future.result()
            return [future.result() for future in futures]
        except BaseException as error:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            if isinstance(error, BrokenProcessPool):
                raise InputError("a process died: killed, or out of memory") from error
            raise


def cores() -> int:
    """Number of cores that this process may use, at least 1: the user's OMP_NUM_THREADS, else its CPU affinity."""
    text = os.environ.get(CORES, os.environ.get("OMP_NUM_THREADS", ""))
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(text)) if text.isdecimal() else available


def has_siblings() -> bool:
    """Whether this process is one of several that `side_by_side` started."""
    return multiprocessing.parent_process() is not None


def _call(function: Callable[[Item], Result], item: Item) -> Result:
    """Call the function in a child process; on SIGTERM, exit after its context managers have cleaned up."""
    default = signal.signal(signal.SIGTERM, _exit_once)
    try:
        return function(item)
    except SystemExit:
        os._exit(TERMINATED)
    finally:
        signal.signal(signal.SIGTERM, default)


def _exit_once(*_: object) -> None:
    """Handle SIGTERM; ignore the next ones, which would interrupt the cleaning up."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.exit(TERMINATED)


def _follow_parent() -> None:
    """Make a child process end with its parent, however that ends, and leave Ctrl-C to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_after_parent, daemon=True).start()


def _end_after_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

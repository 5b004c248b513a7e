"""Call one function for several items in parallel, each in its own process, as far as there are cores.

Every process uses a fixed number of threads, so that results do not depend on how many processes run at once.
`concurrent.futures` is not used: its pool may miss a process that dies early, and cannot cancel running calls.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from jointaware.errors import InputError

Item = TypeVar("Item")
Result = TypeVar("Result")

CORES = "JOINTAWARE_CORES"
"""Environment variable: the user's OMP_NUM_THREADS, saved by `stages` before it sets that to 1; empty means all."""
TERMINATED = 143
"""Exit status of a process ended by SIGTERM."""


def side_by_side(function: Callable[[Item], Result], items: Sequence[Item], *, threads: int = 1) -> list[Result]:
    """Results of a function for all items, in order.

    function, items: picklable. threads: number that each call uses.

    Runs in this process, one item after another, if there is only one item or too few cores. The first exception, or an
    interrupt, stops the other processes and is raised here. InputError if a process dies.
    """
    at_once = min(len(items), cores() // threads)
    if at_once < 2:
        return [function(item) for item in items]
    waiting, results = list(enumerate(items)), dict[int, Result]()
    running: dict[Connection, tuple[int, BaseProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                index, item = waiting.pop(0)
                receiver, child = _start(function, item)
                running[receiver] = index, child
            ready = wait(list(running))
            for receiver in [each for each in running if each in ready]:
                index, child = running[receiver]
                results[index] = _receive(receiver, child, items[index])
                child.join()
                del running[receiver]
    finally:
        for _, child in running.values():
            child.terminate()
        for _, child in running.values():
            child.join()
    return [results[index] for index in range(len(items))]


def cores() -> int:
    """Number of cores that this process may use, at least 1: the user's OMP_NUM_THREADS, else its CPU affinity."""
    text = os.environ.get(CORES, os.environ.get("OMP_NUM_THREADS", ""))
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(text)) if text.isdecimal() else available


def has_siblings() -> bool:
    """Whether this process is one of several that `side_by_side` started."""
    return multiprocessing.parent_process() is not None


def _start(function: Callable[[Item], object], item: Item) -> tuple[Connection, BaseProcess]:
    """Start a call in its own process; returns the connection that receives its result, and the process."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_call, args=(function, item, sender))
    child.start()
    sender.close()  # so that the receiver gets EOFError when the child ends
    return receiver, child


def _receive(receiver: Connection, child: BaseProcess, item: object) -> Any:
    """The result of a call for an item; an exception of the call is raised here."""
    with receiver:
        try:
            result, error = receiver.recv()
        except EOFError:
            child.join()
            how = f"exit status {child.exitcode}"
            if child.exitcode == -signal.SIGKILL:
                how = "killed, perhaps because memory ran out"
            raise InputError(f"{item}: its process died ({how})") from None
    if error is not None:
        raise error
    return result


def _call(function: Callable[[Item], object], item: Item, sender: Connection) -> None:
    """Call the function in a child process, which ends with its parent and leaves handling Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _exit)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        sender.send((function(item), None))
    except Exception as error:
        if not isinstance(error, InputError):
            error.add_note(traceback.format_exc())
        sender.send((None, error))
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _exit(*_: object) -> None:
    """Exit on SIGTERM after context managers have cleaned up."""
    sys.exit(TERMINATED)


def _end_with_parent() -> None:
    """Wait until the parent has ended, for whatever reason, and stop this process."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)

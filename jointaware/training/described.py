"""Read a pickle as a description of objects: nothing in it is imported, created or called.

Lists, tuples, strings and numbers are read as they are. Anything else, a dictionary included, becomes an `Object` that
only records how it would be made, so that a file may hold objects of any class beside those that are needed.
"""

from __future__ import annotations

import pickletools
from dataclasses import dataclass, field
from typing import Any, Protocol


class Source(Protocol):
    """An open binary file, or bytes mapped into memory."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, fewer at the end."""

    def readline(self) -> bytes:
        """The rest of the line."""

    def tell(self) -> int:
        """The position."""


@dataclass(slots=True, eq=False, repr=False)
class Object:
    """An object that a pickle would make by calling `call` with `arguments`.

    call: dotted name, "dict" for a dictionary, or "persistent" for an object stored outside the pickle, whose arguments
        identify it. items: values by key, as in a dictionary; only keys that are strings are kept.
    """

    call: Any
    arguments: Any = ()
    items: dict[str, Any] = field(default_factory=dict)


def read_description(file: Source) -> tuple[Any, list[Object]]:
    """The next pickle of a file, and the objects in it that are stored outside. The position moves to its end.

    Takes time and memory in proportion to the pickle's bytes, whatever it declares. Damage raises ValueError,
    IndexError, KeyError or TypeError.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[int, Any] = {}
    persistent: list[Object] = []

    def since_mark() -> list[Any]:
        mark = marks.pop()
        items = stack[mark:]
        del stack[mark:]
        return items

    def made(call: Any, arguments: Any) -> Object:
        stack.append(Object(call, arguments))
        return stack[-1]

    argument: Any
    for opcode, argument, _ in pickletools.genops(file):  # type: ignore[arg-type]
        match opcode.name:
            case "GET" | "BINGET" | "LONG_BINGET":
                stack.append(memo[argument])
            case "PUT" | "BINPUT" | "LONG_BINPUT":
                memo[argument] = stack[-1]
            case "MEMOIZE":
                memo[len(memo)] = stack[-1]
            case "MARK":
                marks.append(len(stack))
            case "TUPLE":
                stack.append(tuple(since_mark()))
            case "EMPTY_TUPLE":
                stack.append(())
            case "TUPLE1" | "TUPLE2" | "TUPLE3" as name:
                count = int(name[-1])
                stack[-count:] = [tuple(stack[-count:])]
            case "GLOBAL":
                stack.append(argument.replace(" ", "."))
            case "STACK_GLOBAL":
                stack[-2:] = [".".join(stack[-2:])]
            case "REDUCE" | "NEWOBJ":
                arguments, call = stack.pop(), stack.pop()
                made(call, arguments)
            case "NEWOBJ_EX":
                _, arguments, call = stack.pop(), stack.pop(), stack.pop()
                made(call, arguments)
            case "INST":
                made(argument.replace(" ", "."), tuple(since_mark()))
            case "OBJ":
                call, *rest = since_mark()
                made(call, tuple(rest))
            case "PERSID":
                persistent.append(made("persistent", argument))
            case "BINPERSID":
                persistent.append(made("persistent", stack.pop()))
            case "EMPTY_DICT" | "EMPTY_SET":
                made("dict", ())
            case "DICT":
                items = since_mark()
                _update(made("dict", ()), items)
            case "FROZENSET":
                since_mark()
                made("dict", ())
            case "SETITEM":
                items = [stack.pop(-2), stack.pop()]
                _update(stack[-1], items)
            case "SETITEMS":
                items = since_mark()
                _update(stack[-1], items)
            case "EMPTY_LIST":
                stack.append([])
            case "LIST":
                stack.append(since_mark())
            case "APPEND":
                _extend(stack[-2], [stack.pop()])
            case "APPENDS" | "ADDITEMS":
                items = since_mark()
                _extend(stack[-1], items)
            case "NONE":
                stack.append(None)
            case "NEWTRUE" | "NEWFALSE" as name:
                stack.append(name == "NEWTRUE")
            case "DUP":
                stack.append(stack[-1])
            case "POP" | "BUILD":  # a state describes what an object is like; no state is needed
                stack.pop()
            case "POP_MARK":
                since_mark()
            case "STOP":
                return stack.pop(), persistent
            case "NEXT_BUFFER" | "READONLY_BUFFER":
                raise ValueError("buffers outside a pickle are not supported")
            case "PROTO" | "FRAME":
                pass
            case _:  # a string, a number or bytes
                stack.append(argument)
    raise EOFError("a pickle without an end")


def _update(target: Any, items: list[Any]) -> None:
    if isinstance(target, Object):
        pairs = zip(items[::2], items[1::2], strict=True)
        target.items.update((key, value) for key, value in pairs if isinstance(key, str))


def _extend(target: Any, items: list[Any]) -> None:
    if isinstance(target, list):
        target.extend(items)

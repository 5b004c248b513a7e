"""What the house tests ask of the tree: who imports whom."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("pose", "mocap", "stages", "workflow")


def modules() -> list[str]:
    """Every module of the project, dotted."""
    files = (file for room in ROOMS for file in sorted((ROOT / room).glob("*.py")) if file.name != "__init__.py")
    return [file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for file in files]


def path(module: str) -> Path:
    """The file of a module."""
    return ROOT / (module.replace(".", "/") + ".py")


def imports(module: str) -> set[str]:
    """The project's modules that one imports, wherever in the file it does so."""
    known, found = set(modules()), set()
    for node in ast.walk(ast.parse(path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found & known


def closure(module: str) -> set[str]:
    """The module and everything of the project that it imports, directly or not."""
    seen, waiting = set(), [module]
    while waiting:
        if (current := waiting.pop()) not in seen:
            seen.add(current)
            waiting += imports(current)
    return seen


def files(module: str) -> set[str]:
    """Every file of the repository that running a module uses: the code of its closure, and data that lie beside it."""
    used = set()
    for part in closure(module):
        beside = re.findall(r'__file__\)\.with_name\("([^"]+)"\)', path(part).read_text(encoding="utf-8"))
        used |= {path(part), *(path(part).with_name(name) for name in beside)}
    return {file.relative_to(ROOT).as_posix() for file in used}

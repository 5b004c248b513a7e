"""Write the lists of code files in dvc.yaml: exactly the files that each stage uses.

    python -m workflow.deps           # rewrite the lists
    python -m workflow.deps --check   # only compare them with the code, exit status 1 where they differ

DVC does not follow imports, so `deps` must name every file. A stage uses the modules that it imports, directly or not;
the `__init__.py` of their packages, where it holds more than a docstring; data files read by
`Path(__file__).with_name("...")`; and functions named by reference strings: a module that imports
`pkgutil.resolve_name` uses every `"package.module:function"` in itself and in the modules that it imports directly.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path

import grimp

from jointaware.artifacts.files import write_text
from stages.command import parser, run

DVC_YAML = Path("dvc.yaml")
CODE = ("jointaware", "stages")
"""Packages whose files are dependencies of stages."""
REFERENCE = re.compile(r"((?:jointaware|stages)(?:\.\w+)+):\w+")
BESIDE = re.compile(r'Path\(__file__\)\.with_name\(\s*"([^"]+)"\s*\)')


class Code:
    """Modules below a folder and what they use, except imports for type checking only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._texts: dict[str, str] = {}

    @cached_property
    def graph(self) -> grimp.ImportGraph:
        """Imports between the modules, found without importing any."""
        return grimp.build_graph(*CODE, exclude_type_checking_imports=True, cache_dir=None)

    def files(self, module: str) -> set[str]:
        """Every file that running a module uses, relative to the root."""
        used: set[Path] = set()
        for each in self.modules(module):
            path = self._path(each)
            used |= {path, *(path.with_name(name) for name in BESIDE.findall(self._text(each)))}
        return {path.relative_to(self.root).as_posix() for path in used}

    def modules(self, module: str) -> set[str]:
        """The module and all that it uses, directly or not."""
        seen: set[str] = set()
        waiting = {module}
        while waiting:
            current = waiting.pop()
            seen.add(current)
            waiting |= self._used_by(current) - seen
        return seen

    def _used_by(self, module: str) -> set[str]:
        packages = {module.rsplit(".", depth)[0] for depth in range(1, module.count(".") + 1)}
        active = {package for package in packages if self._does_anything(package)}
        imported: set[str] = self.graph.find_modules_directly_imported_by(module)
        return active | imported | (self._referenced(module, imported) if self._resolves(module) else set())

    def _does_anything(self, package: str) -> bool:
        body = self._tree(package).body
        return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)

    def _referenced(self, module: str, imported: set[str]) -> set[str]:
        strings = (
            node.value
            for each in {module, *imported}
            for node in ast.walk(self._tree(each))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        return {match[1] for string in strings if (match := REFERENCE.fullmatch(string))}

    def _resolves(self, module: str) -> bool:
        return any(
            isinstance(node, ast.ImportFrom)
            and node.module == "pkgutil"
            and any(alias.name == "resolve_name" for alias in node.names)
            for node in ast.walk(self._tree(module))
        )

    def _path(self, module: str) -> Path:
        path = self.root / module.replace(".", "/")
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")

    def _text(self, module: str) -> str:
        if module not in self._texts:
            self._texts[module] = self._path(module).read_text(encoding="utf-8")
        return self._texts[module]

    def _tree(self, module: str) -> ast.Module:
        return ast.parse(self._text(module))


def rewritten(text: str, code: Code) -> str:
    """The text of dvc.yaml with exact lists of code files first in each stage's `deps`; everything else unchanged."""
    return "".join(_lines(text, code))


def _lines(text: str, code: Code) -> Iterator[str]:
    stage, indent = "", None
    for line in text.splitlines(keepends=True):
        if match := re.fullmatch(r"  (\w+):\n", line):
            stage = match[1]
        if match := re.fullmatch(r"( +)deps:\n", line):
            indent = match[1]
            yield line
            yield from (f"{indent}  - {file}\n" for file in sorted(code.files(f"stages.{stage}")))
        elif indent is not None and line.startswith(f"{indent}  - "):
            if not is_code(line.removeprefix(f"{indent}  - ").strip()):
                yield line
        else:
            indent = None
            yield line


def is_code(path: str) -> bool:
    """Whether a dependency is a code file, or a data file in a package."""
    return path.split("/")[0] in CODE


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    before = DVC_YAML.read_text(encoding="utf-8")
    after = rewritten(before, Code(Path.cwd()))
    if before == after:
        return
    if arguments.check:
        print(f"error: {DVC_YAML}: lists other code files than the stages use; run `make deps`", file=sys.stderr)
        sys.exit(1)
    write_text(DVC_YAML, after)
    print(f"{DVC_YAML}: rewritten")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("--check", action="store_true", help="write nothing; exit status 1 where the lists differ")
    return command.parse_args(argv)


if __name__ == "__main__":
    run(main)

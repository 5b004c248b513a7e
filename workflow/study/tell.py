"""Write the page of kept studies again, with the note and the figures of their questions, from their own files.

For words and questions that are newer than a study. What had been looked at before it, and which studies it is compared
with, is read from paper/studies.yaml; scores, tables and claims stay as they are. The runs are not needed.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jointaware.artifacts.files import read_yaml, write_json, write_text
from jointaware.atomic import writing_folder
from jointaware.errors import InputError
from jointaware.lineage.studies import list_files
from stages.command import parser, run
from workflow.study.kept import About, Study
from workflow.study.note import NAME as NOTE
from workflow.study.note import note
from workflow.study.page import page
from workflow.study.questions import COMPARED_WITH, keep_answers

STUDIES = Path("results/studies")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    arguments = _arguments(argv)
    for name in arguments.names:
        kept = STUDIES / name
        if not kept.is_dir():
            raise InputError(f"{kept}: missing, expected a study that was kept")
        Study.open(kept)  # so that an error names its files, not those of the copy
        with writing_folder(kept) as folder:
            shutil.copytree(kept, folder, dirs_exist_ok=True)
            tell(folder, arguments.about)
        print(f"{kept}: page written again")


def tell(folder: Path, about: Path) -> None:
    """Write page, note and the figures of the questions into the folder of a study, and list its files.

    about: studies.yaml. A study that can test the paper's claims has a note.
    """
    name, said = folder.name, read_about(about, folder.name)
    compared = {key: [Study.open(STUDIES / each) for each in read_names(about, name, key)] for key in COMPARED_WITH}
    study = replace(Study.open(folder), about=said)
    write_json(folder / "about.json", said._asdict() | {"commits": study.commits})
    keep_answers(study, compared)
    write_text(folder / "README.md", page(study, read_names(about, name, "continues"), read_others(about, name)))
    if study.with_role("baseline"):  # what the paper's claims are relative to
        write_text(folder / NOTE, note(study))
    list_files(folder)


def read_about(path: Path, name: str) -> About:
    """What was chosen on what, and what had been looked at before, from an entry of studies.yaml."""
    expected = f"expected studies.{name} with {' and '.join(About._fields[:2])}, and history"
    try:
        content: Any = read_yaml(path)
        study, history = content["studies"][name], content["history"]
        return About(study["looked_at"], study["chosen_on"], [{**row} for row in history])
    except (InputError, KeyError, TypeError) as error:
        raise InputError(f"{path}: {expected}; found {error!r}") from error


def read_names(path: Path, name: str, key: str) -> list[str]:
    """The studies that an entry names under one of COMPARED_WITH; after `read_about`."""
    content: Any = read_yaml(path)
    kind = COMPARED_WITH[key]
    found = content["studies"][name].get(key, kind())
    if not isinstance(found, kind):
        expected = "a list of studies" if kind is list else "the name of a study"
        raise InputError(f"{path}: studies.{name}.{key}: found {found!r:.60}, expected {expected}")
    names = found if kind is list else [found]
    return [str(each) for each in names if each]


def read_others(path: Path, name: str) -> list[Path]:
    """The studies whose answers the page of the first one has too; none for the others; after `read_about`.

    One that another continues is not among them: the other has its answer.
    """
    content: Any = read_yaml(path)
    first, *others = (each for each in content["studies"] if (STUDIES / each).is_dir() or each == name)
    continued = {each for other in others for each in read_names(path, other, "continues")}
    return [STUDIES / other for other in others if other not in continued] if name == first else []


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    command = parser(__doc__)
    command.add_argument("names", nargs="+", metavar="NAME", help="name of a folder below results/studies")
    add_about(command)
    return command.parse_args(argv)


def add_about(command: argparse.ArgumentParser) -> None:
    """The option that names studies.yaml."""
    command.add_argument(
        "--about",
        type=Path,
        default=Path("paper/studies.yaml"),
        help="what each study was chosen on, and how often its test people had been looked at; default: %(default)s",
    )


if __name__ == "__main__":
    run(main)

"""Who is trained on, and who is tested; and what there is one of for each fold of the subjects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from jointaware.artifacts.fields import UNIQUE, Frozen, Name, contradiction, described, without_absent
from jointaware.errors import InputError

if TYPE_CHECKING:
    from jointaware.mocap.take import Take

Model = TypeVar("Model")
FOLD = "fold"
"""Column of a table with the number of a fold; only tables of folds have it."""
Subjects = Annotated[tuple[Name, ...], Field(min_length=1), UNIQUE]


class Split(Frozen):
    """Subjects to train on and to test on; or folds, each of which is tested by a network trained on the others."""

    train: Subjects | None = described("Subjects to train on.", default=None)
    test: Subjects | None = described("Subjects to test on.", default=None)
    folds: Annotated[tuple[Subjects, ...], Field(min_length=2)] | None = described(
        "Groups of subjects, in place of train and test: each group is tested by a network trained on all others.",
        default=None,
    )

    @property
    def subjects(self) -> tuple[str, ...]:
        """All subjects: those to train on first, or fold by fold."""
        return tuple(chain.from_iterable(self._groups))

    @property
    def tested(self) -> tuple[str, ...]:
        """The subjects to test on."""
        return self.subjects if self.folds else self.test or ()

    def __str__(self) -> str:
        """`trained on S1, S5, tested on S9`."""
        if self.folds:
            return f"each of {'; '.join(map(', '.join, self.folds))} tested by networks trained on the others"
        trained, tested = map(", ".join, self._groups)
        return f"trained on {trained}, tested on {tested}"

    @property
    def _groups(self) -> tuple[tuple[str, ...], ...]:
        return self.folds or (self.train or (), self.test or ())

    @model_validator(mode="after")
    def _fits(self) -> Split:
        given = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if given not in (["train", "test"], ["folds"]):
            raise contradiction("", f"found {' and '.join(given) or 'nothing'}, expected train and test, or folds")
        if twice := sorted(name for name, count in Counter(self.subjects).items() if count > 1):
            where = "folds" if self.folds else "train and test"
            raise contradiction("", f"found {', '.join(twice)} more than once in {where}, expected each subject once")
        return self

    @model_serializer(mode="wrap")
    def _without_absent_sections(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return without_absent(handler(self))


def assign_splits(takes: list[Take], subjects: Split, validation_every: int) -> dict[str, str]:
    """The split of each take by name: test for test subjects; every n-th take of the others for validation.

    With folds, the split of a take where its subject is not tested.

    Each subject's count starts at a different offset, so that different actions are held out.
    """
    is_tested = () if subjects.folds else subjects.tested
    splits = {take.name: "test" if take.subject in is_tested else "train" for take in takes}
    if validation_every:
        for offset, subject in enumerate(subjects.train or subjects.subjects):
            names = [take.name for take in takes if take.subject == subject]
            first = validation_every - 1 - offset % validation_every
            splits |= dict.fromkeys(names[first::validation_every], "validation")
    expected = {"train"} | ({"test"} if is_tested else set()) | ({"validation"} if validation_every else set())
    for split in sorted(expected - set(splits.values())):
        raise InputError(f"preprocess: the split {split} is empty; expected at least one take: {subjects}")
    return splits


def of_fold(models: Sequence[Model], fold: int | None) -> Model:
    """Of one for each fold, or one for all, that with which a fold is tested."""
    return models[0 if len(models) == 1 else fold or 0]


def fold_prefixes(count: int) -> list[str]:
    """What precedes the names of the weights of one for each fold, in a file of all: `0.`; nothing of one for all."""
    return [""] if count == 1 else [f"{fold}." for fold in range(count)]


def with_fold(history: Iterable[Mapping[str, Any]], fold: int | None) -> list[dict[str, Any]]:
    """Rows of a history, with the number of the fold that they are of, if of one."""
    return [{**row} if fold is None else {**row, FOLD: fold} for row in history]

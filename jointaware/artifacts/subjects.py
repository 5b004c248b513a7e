"""Who is trained on, and who is tested."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import Annotated, Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from jointaware.artifacts.fields import UNIQUE, Frozen, Name, contradiction, described, without_absent

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

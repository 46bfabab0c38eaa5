"""Turn the Django-free words of `governance.vocabulary` into translatable choices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from governance.vocabulary import LABELS

if TYPE_CHECKING:
    from enum import StrEnum

    from django.utils.functional import _StrPromise


def choices(words: type[StrEnum]) -> list[tuple[str, _StrPromise]]:
    """The (value, label) pairs of a vocabulary, in its order."""
    return [(word.value, gettext_lazy(LABELS[word])) for word in words]


def label(word: StrEnum) -> str:
    """The translated label of one word."""
    return str(gettext_lazy(LABELS[word]))

"""State machines: django-fsm-2's field and transitions, with the mixin as mypy can follow it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_fsm import ConcurrentTransition, FSMField, TransitionNotAllowed, transition

if TYPE_CHECKING:

    class ConcurrentTransitionMixin:
        """Saves a move only if the state is still the one it was made from; else raises ConcurrentTransition.

        Declared as a plain class: with django-fsm's own annotation the plugin of django-stubs loses every manager.
        """

else:
    from django_fsm import ConcurrentTransitionMixin

__all__ = ["ConcurrentTransition", "ConcurrentTransitionMixin", "FSMField", "TransitionNotAllowed", "transition"]

"""State machine: a status field that only moves along a declared table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext

from common.errors import IllegalTransition


class Stateful(models.Model):
    """Adds ``move_to`` to a model that has ``status`` and a ``TRANSITIONS`` table.

    The caller must hold the row lock: services read with ``select_for_update``.
    """

    TRANSITIONS: ClassVar[Mapping[Any, set[Any]]]
    status: Any

    class Meta:
        abstract = True

    @property
    def status_word(self) -> str:
        """Return the name of the status as it stands within a sentence."""
        name: str = self.get_status_display()  # type: ignore[attr-defined]  # of every column with choices
        return name.lower()

    def can_move_to(self, target: str) -> bool:
        """Return whether the table allows the move from the present status."""
        return target in self.TRANSITIONS.get(self.status, set())

    def refuse_move_to(self, target: str, *, only_from: str | None = None) -> None:
        """Raise IllegalTransition unless the table allows the move.

        ``only_from`` is for actions that go forward where the table also allows the way back:
        submitting starts from a draft, though a completed order may become submitted again.
        """
        if not self.can_move_to(target) or only_from not in {None, self.status}:
            raise IllegalTransition(self._refusal_reason(target, only_from))

    def _refusal_reason(self, target: str, only_from: str | None) -> str:
        """Name the status, the rule, and what is possible instead."""
        choices = dict(self._meta.get_field("status").flatchoices)  # type: ignore[union-attr]  # a column
        choices = {key: str(name).lower() for key, name in choices.items()}
        values = {"record": self, "status": choices.get(self.status, self.status)}
        if target == self.status:
            return gettext("%(record)s is %(status)s already.") % values
        values["target"] = choices.get(target, target)
        if only_from is not None:
            values["only"] = choices.get(only_from, only_from)
            sentence = gettext(
                "%(record)s is %(status)s: it becomes %(target)s only from %(only)s."
            )
            return sentence % values
        following = self.TRANSITIONS.get(self.status, set())
        values["next"] = ", ".join(str(name) for key, name in choices.items() if key in following)
        if not following:
            return gettext("%(record)s is %(status)s, and that is final.") % values
        sentence = gettext("%(record)s is %(status)s: it can become %(next)s, not %(target)s.")
        return sentence % values

    def move_to(self, target: str, **changes: object) -> None:
        """Set ``status`` and any accompanying fields, and save exactly those columns."""
        self.refuse_move_to(target)
        changes["status"] = target
        self.change(**changes)

    def change(self, **changes: object) -> None:
        """Set the given fields and save exactly those columns (and ``updated_at``)."""
        if hasattr(self, "updated_at"):
            changes["updated_at"] = timezone.now()
        for field, value in changes.items():
            setattr(self, field, value)
        self.save(update_fields=list(changes))

"""Base form of quantities: one input per line of a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from web.display import StrOrPromise
from web.forms.base import StyledForm

ZERO = Decimal(0)
NO_QUANTITY = _("Enter a quantity for at least one line.")


@dataclass(frozen=True, slots=True)
class QuantityRow:
    """A line, what is known of it, and the input beside it."""

    line: Any
    name: str
    cells: Sequence[tuple[StrOrPromise, str]]
    """What stands in each column, with the column's name."""
    field: forms.BoundField


class QuantitiesForm(StyledForm):
    """Asks for a quantity of each line, beside whatever else the action needs to know."""

    columns: ClassVar[tuple[StrOrPromise, ...]] = ()
    """The columns before the inputs."""
    asked: ClassVar[StrOrPromise] = ""
    """What the column of inputs is called."""

    needs_a_quantity: ClassVar[bool] = False
    """Whether nothing is done without a quantity for one line at least."""

    lines: Sequence[Any]

    def ask_for(self, lines: Sequence[Any], proposed: Mapping[UUID, str]) -> None:
        """Add an input per line, filled with what is proposed."""
        self.lines = lines
        for line in lines:
            field = NumberField(
                label=gettext("Quantity of %(line)s") % {"line": self.name(line)},
                min_value=0,
                max_digits=20,
                decimal_places=5,
                required=False,
                localize=True,
            )
            field.initial = proposed.get(line.pk, "")
            self.fields[str(line.pk)] = field

    def name(self, line: Any) -> str:
        """Return what a line is called."""
        return str(line.description)

    def cells(self, line: Any) -> Sequence[str]:
        """Return what stands in the columns before the input."""
        raise NotImplementedError  # each form of quantities has columns of its own

    def head(self) -> list[forms.BoundField]:
        """Return the fields above the lines."""
        asked = {str(line.pk) for line in self.lines}
        return [field for field in self if field.name not in asked]

    def rows(self) -> list[QuantityRow]:
        """Return each line beside its input."""
        return [
            QuantityRow(
                line,
                self.name(line),
                list(zip(self.columns, self.cells(line), strict=True)),
                self[str(line.pk)],
            )
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse a form without quantities, if it needs one."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.needs_a_quantity and not self.errors and not any(self.quantities().values()):
            raise forms.ValidationError(NO_QUANTITY)
        return cleaned

    def quantities(self) -> dict[UUID, Decimal]:
        """Return the typed quantities by line."""
        return {line.pk: self.cleaned_data.get(str(line.pk)) or ZERO for line in self.lines}

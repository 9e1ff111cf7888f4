"""Form of crediting an invoice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from common.formatting import format_quantity, plain_number
from sales.models import InvoiceLine
from web.forms.quantities import QuantitiesForm


class CreditForm(QuantitiesForm):
    """Form of a credit note: a quantity per invoiced line, and the reason."""

    columns: ClassVar = (_("Invoiced"), _("Credited"), _("Left"))
    asked: ClassVar = _("To credit")
    needs_a_quantity: ClassVar = True

    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("Printed on the credit note.")
    )
    bill_again = forms.BooleanField(
        label=_("What is credited may be invoiced again"),
        required=False,
        initial=True,
        help_text=_("Leave it out for goodwill, or goods that came back and are not sent again."),
    )

    def __init__(
        self,
        *args: Any,
        lines: Sequence[InvoiceLine],
        left: Mapping[UUID, Decimal],
        of_an_order: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not of_an_order:
            del self.fields["bill_again"]
        self.left = left
        counting = [line for line in lines if line.pk in left]
        self.ask_for(counting, {pk: plain_number(quantity) for pk, quantity in left.items()})

    def cells(self, line: InvoiceLine) -> list[str]:
        """Return what was invoiced, what is credited and what is left of it."""
        left = self.left[line.pk]
        quantities = (line.quantity, line.quantity - left, left)
        return [format_quantity(quantity) for quantity in quantities]

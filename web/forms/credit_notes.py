"""Form of crediting an invoice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.formatting import format_money, format_quantity, format_rate, plain_number
from sales.models import InvoiceLine
from sales.services.billing.bundle_units import bills_part
from sales.services.credit_notes import CreditPreview
from web.forms.quantities import NO_QUANTITY, ZERO, QuantitiesForm


@dataclass(frozen=True, slots=True)
class CreditedLine:
    """What would be credited of one line."""

    name: str
    quantity: str
    rate: str
    net: str
    tax: str


class CreditForm(QuantitiesForm):
    """Form of a credit note: a quantity per invoiced line, and the reason."""

    columns: ClassVar = (_("Tax rate"), _("Invoiced"), _("Credited"), _("Left"))
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
        offered: Mapping[UUID, Decimal],
        proposed: Mapping[UUID, Decimal],
        of_an_order: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not of_an_order:
            del self.fields["bill_again"]
        self.left, self.offered, self.proposed = left, offered, proposed
        self.preview: CreditPreview | None = None
        self.problem = ""
        counting = [line for line in lines if line.pk in left and not bills_part(line)]
        asked = {line.pk: proposed.get(line.pk, ZERO) for line in counting}
        self.ask_for(counting, {pk: plain_number(quantity) for pk, quantity in asked.items()})

    def name(self, line: InvoiceLine) -> str:
        """Tell the lines of a down payment apart, one for each tax rate."""
        if not line.is_ahead or line.tax_rate is None:
            return line.description
        values = {"line": line.description, "rate": format_rate(line.tax_rate)}
        return gettext("%(line)s, %(rate)s") % values

    def cells(self, line: InvoiceLine) -> list[str]:
        """Return the tax rate, what was invoiced, what is credited and what can be credited."""
        credited = line.quantity - self.left[line.pk]
        quantities = (line.quantity, credited, self.offered.get(line.pk, ZERO))
        return [format_rate(line.tax_rate), *map(format_quantity, quantities)]

    def show(self, price: Callable[[Mapping[UUID, Decimal] | None], CreditPreview]) -> None:
        """Price what is typed, or what is proposed, for the preview; or keep why it is refused."""
        quantities: Mapping[UUID, Decimal] = self.proposed
        if self.is_bound:
            self.is_valid()
            wrong = [errors[0] for name, errors in self.errors.items() if self._is_asked(name)]
            if wrong:
                self.problem = str(wrong[0])
                return
            quantities = self.quantities()
        if not any(quantities.values()):
            self.problem = str(NO_QUANTITY)
            return
        try:
            self.preview = price(quantities)
        except DomainError as error:
            self.problem = str(error)

    def _is_asked(self, name: str) -> bool:
        return any(name == str(line.pk) for line in self.lines)

    def amounts(self) -> list[CreditedLine]:
        """Write what the preview credits of each line."""
        if self.preview is None:
            return []
        currency = self.preview.note.currency
        return [
            CreditedLine(
                name=self.name(part),
                quantity=format_quantity(part.quantity),
                rate=format_rate(part.tax_rate),
                net=format_money(part.taxable, currency),
                tax=format_money(part.tax, currency),
            )
            for part in self.preview.parts
        ]

    def totals(self) -> list[tuple[str, str]]:
        """Write the freight and the total that the preview credits."""
        if self.preview is None:
            return []
        note = self.preview.note
        freight = [(gettext("Freight"), note.freight)] if note.freight else []
        figures = [*freight, (gettext("To be credited"), note.total)]
        return [(label, format_money(amount, note.currency)) for label, amount in figures]

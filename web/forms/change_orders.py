"""Forms of a change order: changed lines, new lines and the head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from common.formatting import format_rate, plain_number
from crm.forms import DayInput
from crm.models import Contact, User
from sales.models import Order, OrderLine
from sales.pricing.advances import TaxAmount
from sales.services.change_orders import Changes
from sales.services.documents.draft_fields import HeadChanges
from sales.services.documents.tax_rates import TaxDrift
from sales.services.prices.override_rights import may_override
from web.forms.addresses import PARTS, WIDTHS, ShipToFields, parts_of, put_together
from web.forms.base import StyledForm
from web.forms.lines import (
    LineForm,
    PriceField,
    discount_as_typed,
    discount_label,
    price_as_typed,
)
from web.forms.products import ProductField

NEW_LINES = 3

KEPT_FIELDS: Mapping[str, Sequence[str]] = {
    "head.ship_to": PARTS,
    "head.requested_on": ("requested_on",),
    "head.customer_reference": ("customer_reference",),
    "line.*.quantity": ("quantity",),
    "line.*.price": ("unit_price",),
    "line.*.discount": ("discount",),
}
"""The fields of these forms by the paths of the policies by which another system may keep them."""


class ChangedHeadForm(ShipToFields, StyledForm):
    """Form of the head fields that a change order may change."""

    widths: ClassVar = {
        "name": 6,
        "contact": 6,
        "customer_reference": 6,
        "requested_on": 6,
        **WIDTHS,
    }
    field_order = ("name", "contact", "customer_reference", "requested_on", *PARTS, "notes")

    name = forms.CharField(label=_("Name"), max_length=200)
    contact = forms.ModelChoiceField(
        label=_("Contact"), queryset=Contact.objects.none(), required=False
    )
    customer_reference = forms.CharField(
        label=_("Customer's reference"), max_length=60, required=False
    )
    requested_on = forms.DateField(label=_("Requested delivery"), widget=DayInput(), required=False)
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, order: Order, user: User, **kwargs: Any) -> None:
        self.order = order
        super().__init__(*args, initial=self._as_it_stands(), **kwargs)
        contact = self.fields["contact"]
        if isinstance(contact, forms.ModelChoiceField):
            contact.queryset = Contact.objects.visible_to(user).filter(account=order.account_id)

    def _as_it_stands(self) -> dict[str, Any]:
        plain = ("name", "contact", "customer_reference", "requested_on", "notes")
        head = {name: getattr(self.order, name) for name in plain}
        return head | parts_of(self.order.shipping_address)

    def changes(self) -> dict[str, Any]:
        """Return what differs from the order, by column."""
        typed = put_together(dict(self.cleaned_data), self.order.shipping_address)
        return {name: value for name, value in typed.items() if value != getattr(self.order, name)}


class ChangedLineForm(LineForm):
    """Form of a line of a submitted order; the price needs the right to override prices."""

    unit_price = PriceField()

    def __init__(
        self,
        *args: Any,
        line: OrderLine,
        order: Order,
        may_price: bool,
        drift: TaxDrift | None = None,
        taken: TaxAmount | None = None,
        **kwargs: Any,
    ) -> None:
        self.line, self.drift, self.taken = line, drift, taken
        initial = {
            "description": line.description,
            "quantity": plain_number(line.quantity),
            "unit_price": price_as_typed(line, order.currency),
            "discount": discount_as_typed(line),
        }
        super().__init__(*args, **{**kwargs, "initial": initial, "prefix": str(line.pk)})
        self.fields["unit_price"].disabled = not may_price
        if line.is_deduction:
            self.fields["unit_price"].label = _("Deduction per unit")
            del self.fields["discount"]
        else:
            self.fields["discount"].label = discount_label(order)
        for name, field in self.fields.items():
            field.widget.attrs |= {
                "class": "cell" if name == "description" else "cell end",
                "aria-label": f"{field.label}: {line.description}",
            }
        if drift is not None and not line.billed and not taken:
            self.fields["todays_tax"] = forms.BooleanField(
                required=False,
                label=gettext("take today's tax rate: %(today)s, not %(agreed)s")
                % {"today": format_rate(drift.today), "agreed": format_rate(drift.agreed)},
            )

    def changes(self) -> dict[str, Any]:
        """Return the typed values by column; today's tax is none."""
        columns = super().changes()
        columns.pop("todays_tax", None)
        return columns

    @property
    def takes_todays_tax(self) -> bool:
        """Whether the line is to be taxed at today's rate, also if the rate ended meanwhile."""
        name = self.add_prefix("todays_tax")
        return bool(forms.CheckboxInput().value_from_datadict(self.data, self.files, name))

    def differences(self) -> dict[str, Any]:
        """Return what differs from the line, by column."""
        stored = {"unit_price": self.line.typed_price}
        return {
            name: value
            for name, value in self.changes().items()
            if value != stored.get(name, getattr(self.line, name))
        }


class NewLineForm(StyledForm):
    """Form of a product to add to the order."""

    widths: ClassVar = {"product": 8, "quantity": 4}

    product = ProductField(label=_("Product"), required=False)
    quantity = NumberField(
        label=_("Quantity"),
        max_digits=20,
        decimal_places=5,
        min_value=0,
        initial=1,
        required=False,
        localize=True,
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a quantity where there is a product."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("product") and not cleaned.get("quantity") and not self.errors:
            self.add_error("quantity", _("Enter a quantity."))
        return cleaned


class ReasonForm(StyledForm):
    """Form of the reason for the change."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        required=False,
        help_text=_("Kept with the change, beside who made it and when."),
    )


def _keep_there(form: forms.BaseForm, kept: Mapping[str, str]) -> None:
    """Let nobody type what another system keeps, and say which does."""
    for path, names in KEPT_FIELDS.items():
        for name in set(names) & set(form.fields) if path in kept else ():
            form.fields[name].disabled = True
            title = gettext("Kept in %(system)s") % {"system": kept[path]}
            form.fields[name].widget.attrs["title"] = title


class ChangeOrderForms:
    """All forms of a change order, validated together."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        order: Order,
        lines: Sequence[OrderLine],
        user: User,
        drifts: Iterable[TaxDrift] = (),
        taken: Mapping[UUID, TaxAmount] = MappingProxyType({}),
        kept: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """``kept`` names the system that keeps a field, by the path of its policy."""
        may_price, by_line = may_override(user), {each.line_id: each for each in drifts}
        self.head = ChangedHeadForm(data, order=order, user=user, prefix="head")
        self.lines = [
            ChangedLineForm(
                data,
                line=line,
                order=order,
                may_price=may_price,
                drift=by_line.get(line.pk),
                taken=taken.get(line.pk),
            )
            for line in lines
            if line.counts
        ]
        self.additions = [NewLineForm(data, prefix=f"new-{place}") for place in range(NEW_LINES)]
        self.reason = ReasonForm(data)
        for form in (self.head, *self.lines):
            _keep_there(form, kept)

    def __iter__(self) -> Iterator[forms.BaseForm]:
        yield from (self.head, *self.lines, *self.additions, self.reason)

    def is_valid(self) -> bool:
        """Validate every part, so that all errors are shown at once."""
        judged = [form.is_valid() for form in self]
        return all(judged)

    @property
    def has_errors(self) -> bool:
        """Whether any part was refused."""
        return any(form.is_bound and form.errors for form in self)

    @property
    def head_is_open(self) -> bool:
        """Whether somebody typed into the head, so that it must not be folded away."""
        return self.head.is_bound and (bool(self.head.errors) or self.head.has_changed())

    def changes(self) -> Changes:
        """Return what the change order asks for: only what differs."""
        differing = {form.line.pk: form.differences() for form in self.lines}
        return Changes(
            lines={pk: fields for pk, fields in differing.items() if fields},
            additions=[
                {"product": form.cleaned_data["product"], "quantity": form.cleaned_data["quantity"]}
                for form in self.additions
                if form.cleaned_data["product"]
            ],
            head=cast("HeadChanges", self.head.changes()),
            todays_tax={form.line.pk for form in self.lines if form.takes_todays_tax},
        )

    def line(self, pk: str | None) -> ChangedLineForm | None:
        """Find the form of a line."""
        return next((form for form in self.lines if str(form.line.pk) == pk), None)

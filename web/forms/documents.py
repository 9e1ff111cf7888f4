"""Forms of quotes, orders and invoices: a new one, and the head of a draft."""

from __future__ import annotations

from typing import Any, ClassVar

import moneyed
from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from crm.forms import CustomFieldsForm, DayInput
from crm.models import Account, Contact, Opportunity, User
from sales.models import Document, Invoice, Order, PriceList, Quote
from web.forms.accounts import choose_from, offer_owners
from web.forms.addresses import PARTS, WIDTHS, ShipToFields, parts_of, put_together
from web.forms.base import AmountField, RateField, RecordForm

CURRENCIES = sorted({"CHF", "DKK", "EUR", "GBP", "JPY", "KWD", "NOK", "PLN", "SEK", "USD"})
"""The currencies offered first; any other of ISO 4217 can be set by its price list."""


def currency_choices(*known: str) -> list[tuple[str, str]]:
    """List the currencies to choose from, with their names."""
    codes = sorted({*CURRENCIES, *PriceList.objects.values_list("currency", flat=True), *known})
    return [(code, f"{code} · {moneyed.get_currency(code).name}") for code in codes if code]


class DocumentForm(RecordForm):
    """Base of the forms of documents."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "account" in self.fields:
            choose_from(self, "account", Account.objects.visible_to(user))
        if "contact" in self.fields:
            choose_from(self, "contact", self._contacts(user))
        if "opportunity" in self.fields:
            choose_from(self, "opportunity", Opportunity.objects.visible_to(user))
        if "owner" in self.fields:
            offer_owners(self)

    def _contacts(self, user: User) -> Any:
        contacts = Contact.objects.visible_to(user).select_related("account")
        account_id = self.instance.account_id
        return contacts.filter(account=account_id) if account_id else contacts

    def clean(self) -> dict[str, Any]:
        """Refuse a contact or an opportunity of another account."""
        cleaned: dict[str, Any] = super().clean() or {}
        account = cleaned.get("account") or getattr(self.instance, "account", None)
        for name in ("contact", "opportunity"):
            related = cleaned.get(name)
            if related and account and related.account_id != account.pk:
                self.add_error(name, _("This one belongs to another account."))
        return cleaned


class NewDocumentForm(DocumentForm):
    """Base of the forms of new drafts; the rest comes from the account's terms."""

    currency = forms.ChoiceField(
        label=_("Currency"),
        required=False,
        help_text=_("Empty: the currency the account buys in."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["currency"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "–"), *currency_choices()]


START = ("name", "account", "contact", "opportunity", "currency")


def day_inputs(kind: type[Document]) -> dict[str, DayInput]:
    """Return the inputs of the days among the own columns of a kind of document."""
    days = (each.name for each in kind.own_fields() if isinstance(each, models.DateField))
    return {name: DayInput() for name in days}


class NewQuoteForm(NewDocumentForm):
    """Starts a quote."""

    widths: ClassVar = {
        "account": 6,
        "contact": 6,
        "opportunity": 6,
        "currency": 3,
        **dict.fromkeys(Quote.own_columns, 3),
    }

    class Meta:
        model = Quote
        fields = (*START, *Quote.own_columns)
        widgets: ClassVar = day_inputs(Quote)


class NewOrderForm(NewDocumentForm):
    """Starts an order without a quote."""

    widths: ClassVar = {
        "account": 6,
        "contact": 6,
        "opportunity": 6,
        "currency": 3,
        **dict.fromkeys(Order.own_columns, 3),
    }

    class Meta:
        model = Order
        fields = (*START, *Order.own_columns)
        widgets: ClassVar = day_inputs(Order)


class NewInvoiceForm(NewDocumentForm):
    """Starts an invoice without an order."""

    widths: ClassVar = {"account": 6, "contact": 6, "currency": 6}

    class Meta:
        model = Invoice
        fields = ("name", "account", "contact", "currency")


HEAD = (
    "name",
    "contact",
    "customer_reference",
    "price_list",
    "payment_terms",
    "tax_zone",
    "discount_rate",
    "discount_amount",
    "freight",
)
HEAD_WIDTHS = {
    "name": 12,
    "contact": 6,
    "customer_reference": 6,
    "price_list": 4,
    "payment_terms": 4,
    "tax_zone": 4,
    "discount_rate": 4,
    "discount_amount": 4,
    "freight": 4,
    "owner": 6,
}


class HeadForm(CustomFieldsForm, DocumentForm):
    """The head of a draft."""

    widths: ClassVar = HEAD_WIDTHS
    asks_for_all = False

    discount_rate = RateField(label=_("Discount on everything, %"), required=False)
    discount_amount = AmountField(label=_("Discount on everything, amount"), min_value=0)
    freight = AmountField(label=_("Freight"), min_value=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = PriceList.objects.filter(currency=self.instance.currency, is_active=True)
        choose_from(
            self, "price_list", lists | PriceList.objects.filter(pk=self.instance.price_list_id)
        )

    def changes(self) -> dict[str, Any]:
        """Return what was changed, by column."""
        return {name: self.cleaned_data[name] for name in self.changed_data}


class ShippedHeadForm(ShipToFields, HeadForm):
    """The head of a draft that says where goods go."""

    def __init__(self, *args: Any, instance: Quote | Order, **kwargs: Any) -> None:
        self.address: dict[str, str] = instance.shipping_address
        super().__init__(*args, instance=instance, initial=parts_of(self.address), **kwargs)

    def changes(self) -> dict[str, Any]:
        """Return what was changed, by column; the address is one."""
        typed = {name: self.cleaned_data[name] for name in self.changed_data}
        whole = typed | {part: self.cleaned_data[part] for part in PARTS}
        return put_together(whole, self.address, self.changed_data)


class QuoteHeadForm(ShippedHeadForm):
    """The head of a draft quote."""

    widths: ClassVar = {**HEAD_WIDTHS, **WIDTHS, **dict.fromkeys(Quote.own_columns, 6)}
    field_order = (*HEAD, *Quote.own_columns, *PARTS, "owner", "notes")

    class Meta:
        model = Quote
        fields = (*HEAD, *Quote.own_columns, "owner", "notes")
        widgets: ClassVar = {**day_inputs(Quote), "notes": forms.Textarea({"rows": 3})}


class OrderHeadForm(ShippedHeadForm):
    """The head of a draft order."""

    widths: ClassVar = {**HEAD_WIDTHS, **WIDTHS, **dict.fromkeys(Order.own_columns, 6)}
    field_order = (*HEAD, *Order.own_columns, *PARTS, "owner", "notes")

    class Meta:
        model = Order
        fields = (*HEAD, *Order.own_columns, "owner", "notes")
        widgets: ClassVar = {**day_inputs(Order), "notes": forms.Textarea({"rows": 3})}


class InvoiceHeadForm(HeadForm):
    """The head of a draft invoice that bills no order."""

    class Meta:
        model = Invoice
        fields = (*HEAD, "owner", "notes")
        widgets: ClassVar = {"notes": forms.Textarea({"rows": 3})}

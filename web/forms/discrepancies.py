"""Forms of a discrepancy: decide, and say which value of a field counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from crm.forms import DayInput
from fulfilment.services.conflicts import OpenConflict
from fulfilment.sync.disputes import Choice
from fulfilment.sync.policies import Kind, policy_of
from sales.models import PaymentTerms
from web.forms.addresses import PARTS, WIDTHS, ShipToFields
from web.forms.base import StyledForm, read_choices
from web.forms.lines import PriceField

BASE = "base"
"""The value before both sides changed it."""


class DecisionForm(StyledForm):
    """Form of deciding a discrepancy."""

    reason = forms.CharField(
        label=_("Decision and reason"), max_length=200, help_text=_("Kept with the discrepancy.")
    )


class ConflictForm(StyledForm):
    """Form of deciding which value of a field counts in both systems."""

    value = forms.ChoiceField(widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("Kept with the discrepancy.")
    )

    def __init__(self, *args: Any, now: OpenConflict, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        policy = policy_of(now.conflict.path)
        typed = _typed_fields(policy.kind) if policy and now.takes_another_value else {}
        value = self.fields["value"]
        value.label = now.name
        if isinstance(value, forms.ChoiceField):
            value.choices = list(_choices(now, takes_typed=bool(typed)))
        self.fields |= typed
        self.order_fields(["value", *typed, "reason"])
        for name, width in WIDTHS.items():
            if name in typed:
                self.fields[name].width = f"span-{width}"  # type: ignore[attr-defined]  # read by form.html
        read_choices(self)

    def clean(self) -> dict[str, Any]:
        """Ask for the other value where it is chosen."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("value") == Choice.OTHER and not self.errors and self._is_missing():
            self.add_error("other", gettext("Type the value that counts."))
        return cleaned

    def _is_missing(self) -> bool:
        """Whether nothing was typed; a text, a day and an address can be cleared."""
        kind, typed = _kind(self.now), self.cleaned_data.get("other")
        if kind is Kind.PRICE:
            return typed is None or typed["unit_price"] is None
        return kind in (Kind.QUANTITY, Kind.MONEY) and typed is None

    def decision(self) -> tuple[Choice, Any]:
        """Return whose value was chosen, and another one as it was typed."""
        chosen = self.cleaned_data["value"]
        if chosen == BASE:
            return Choice.OTHER, self.now.conflict.base
        if chosen != Choice.OTHER:
            return Choice(chosen), None
        return Choice.OTHER, self._typed()

    def _typed(self) -> Any:
        if _kind(self.now) is Kind.ADDRESS:
            return {name: self.cleaned_data[name] for name in PARTS}
        typed = self.cleaned_data["other"]
        if _kind(self.now) is Kind.PRICE:
            return {"amount": typed["unit_price"], "per": typed["price_quantity"]}
        return typed or None if _kind(self.now) is Kind.CODE else typed


def _kind(now: OpenConflict) -> Kind | None:
    policy = policy_of(now.conflict.path)
    return policy.kind if policy else None


def _choices(now: OpenConflict, *, takes_typed: bool) -> Iterator[tuple[str, str]]:
    """List the values, each with what the other system will be sent."""
    conflict, connection = now.conflict, str(now.discrepancy.connection)

    def label(text: str, value: Any) -> str:
        written = {"value": now.write(value), "connection": connection}
        sent = gettext("%(connection)s is sent %(value)s.")
        if not now.is_sent(value):
            sent = gettext("%(connection)s holds it already.")
        return f"{text % written} {sent % written}"

    yield Choice.OURS.value, label(gettext("Ours: %(value)s."), conflict.ours)
    if not now.takes_another_value:
        return
    yield Choice.THEIRS.value, label(gettext("Theirs: %(value)s."), conflict.theirs)
    if conflict.base is not None and conflict.base not in (conflict.ours, conflict.theirs):
        yield BASE, label(gettext("As before: %(value)s."), conflict.base)
    if takes_typed:
        sent = gettext("Another value, typed below. %(connection)s is sent it.")
        yield Choice.OTHER.value, sent % {"connection": connection}


def _typed_fields(kind: Kind) -> Mapping[str, forms.Field]:
    """Return the inputs of another value; none for what is only yes or no."""
    if kind is Kind.ADDRESS:
        return {name: deepcopy(ShipToFields.base_fields[name]) for name in PARTS}
    options: dict[str, Any] = {"label": _("Another value"), "required": False}
    number: dict[str, Any] = {"max_digits": 20, "decimal_places": 5, "localize": True, **options}
    if kind in (Kind.QUANTITY, Kind.MONEY):
        return {"other": NumberField(min_value=0, **number)}
    if kind is Kind.PRICE:
        return {"other": PriceField(**options)}
    if kind is Kind.DATE:
        return {"other": forms.DateField(widget=DayInput(), **options)}
    if kind is Kind.TEXT:
        return {"other": forms.CharField(max_length=200, **options)}
    if kind is Kind.CODE:
        terms = PaymentTerms.objects.values_list("pk", "name")
        choices = [("", "–"), *((str(pk), name) for pk, name in terms)]
        return {"other": forms.ChoiceField(choices=choices, **options)}
    return {}

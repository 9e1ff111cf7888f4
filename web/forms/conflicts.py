"""Forms of an order in conflict with another system: which value of each field counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.form_fields import NumberField
from crm.forms import DayInput
from fulfilment.services.order_sync.conflicts import Chosen, OpenConflict
from fulfilment.sync.conflicts import Choice
from fulfilment.sync.policies import Kind, policy_of
from sales.models import PaymentTerms
from web.forms.addresses import PARTS, WIDTHS, ShipToFields
from web.forms.base import StyledForm, read_choices
from web.forms.lines import PriceField

BASE = "base"
"""The value before both sides changed it."""

SEEN = "seen"
"""The name, after the prefix of a field, of the hash of the values that were shown."""

ALIASES = {"unit_price": "price", "discount_amount": "discount", "discount_rate": "discount"}
"""What the exchanged fields of a line are called by the use cases that refuse them."""


class ConflictForm(StyledForm):
    """Form of one field in conflict: whose value counts, or another one; open if none is chosen."""

    value = forms.ChoiceField(widget=forms.RadioSelect, required=False)

    def __init__(
        self, data: Mapping[str, Any] | None, *, now: OpenConflict, choice: Choice | None = None
    ) -> None:
        self.now, key = now, str(now.discrepancy.pk)
        if choice is Choice.OURS or (choice is not None and now.takes_another_value):
            data = {**(data or {}), f"{key}-value": choice.value}
        super().__init__(data, prefix=key)
        policy = policy_of(now.conflict.path)
        typed = _typed_fields(policy.kind) if policy and now.takes_another_value else {}
        value = self.fields["value"]
        value.label = now.name
        if isinstance(value, forms.ChoiceField):
            value.choices = list(_choices(now, takes_typed=bool(typed)))
        self.fields |= typed
        self.typed = tuple(typed)
        for name, width in WIDTHS.items():
            if name in typed:
                self.fields[name].width = f"span-{width}"  # type: ignore[attr-defined]  # read by fields.html
        read_choices(self)

    @property
    def typed_fields(self) -> list[forms.BoundField]:
        """The inputs of another value."""
        return [self[name] for name in self.typed]

    @property
    def held_there(self) -> str:
        """What they hold, and the figures that go with it, where only ours can be chosen."""
        if self.now.takes_another_value:
            return ""
        found = self.now.discrepancy
        values = {
            "connection": found.connection,
            "value": self.now.write(self.now.conflict.theirs),
            "figures": found.difference,
        }
        if not found.difference:
            return gettext("%(connection)s holds %(value)s.") % values
        return gettext("%(connection)s holds %(value)s: %(figures)s.") % values

    @property
    def seen_name(self) -> str:
        """The name of the hidden field that says which values the person was shown."""
        return self.add_prefix(SEEN)

    def clean(self) -> dict[str, Any]:
        """Take what is typed as the choice where none is made; ask for it where it is chosen."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        is_typed = any(self[name].data for name in self.typed)
        if not cleaned.get("value") and is_typed:
            cleaned["value"] = Choice.OTHER.value
        if cleaned.get("value") == Choice.OTHER and self._is_missing(cleaned):
            self.add_error("other", gettext("Type the value that counts."))
        return cleaned

    def _is_missing(self, cleaned: Mapping[str, Any]) -> bool:
        """Whether nothing was typed; a text, a day and an address can be cleared."""
        kind, typed = _kind(self.now), cleaned.get("other")
        if kind is Kind.PRICE:
            return typed is None or typed["unit_price"] is None
        return kind in (Kind.QUANTITY, Kind.MONEY) and typed is None

    def chosen(self) -> Chosen | None:
        """Return what was chosen, and another value as it was typed; None if nothing was."""
        chosen, seen = self.cleaned_data.get("value"), str(self.data.get(self.seen_name, ""))
        if not chosen:
            return None
        if chosen == BASE:
            return Chosen(Choice.OTHER, self.now.conflict.base, seen)
        if chosen != Choice.OTHER:
            return Chosen(Choice(chosen), None, seen)
        return Chosen(Choice.OTHER, self._typed(), seen)

    def _typed(self) -> Any:
        if _kind(self.now) is Kind.ADDRESS:
            return {name: self.cleaned_data[name] for name in PARTS}
        typed = self.cleaned_data["other"]
        if _kind(self.now) is Kind.PRICE:
            return {"amount": typed["unit_price"], "per": typed["price_quantity"]}
        return typed or None if _kind(self.now) is Kind.CODE else typed


class ReasonForm(StyledForm):
    """Form of why the values were chosen."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        help_text=_("The reason is kept with each field, with your name."),
    )


class ConflictForms:
    """All fields of an order in conflict with one system, and one reason."""

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        conflicts: Iterable[OpenConflict],
        decides: bool = False,
        everywhere: Choice | None = None,
    ) -> None:
        """``decides`` is whether the form is sent to decide; otherwise it needs no reason yet.

        ``everywhere`` is chosen of each field that can be decided so, whatever was chosen before.
        """
        self.rows = [ConflictForm(data, now=now, choice=everywhere) for now in conflicts]
        reason = data.get("reason", "") if data else ""
        self.reason = ReasonForm(data if decides else None, initial={"reason": reason})

    def __iter__(self) -> Iterator[forms.Form]:
        yield from (*self.rows, self.reason)

    def is_valid(self) -> bool:
        """Validate every part, so that all errors are shown at once."""
        judged = [form.is_valid() for form in self if form.is_bound]
        return all(judged)

    def chosen(self) -> dict[uuid.UUID, Chosen]:
        """Return what was chosen, by the id of the discrepancy; valid parts only."""
        found = {
            form.now.discrepancy.pk: form.chosen()
            for form in self.rows
            if form.is_bound and form.is_valid()
        }
        return {key: each for key, each in found.items() if each is not None}

    def about(self, field: str | None, line: str | None) -> forms.Form:
        """Find the form of a discrepancy, or of a field of a line; else that of the reason."""
        for form in self.rows:
            path = form.now.conflict.path
            if str(form.now.discrepancy.pk) == field:
                return form
            if line and path in {f"line.{line}.{field}", f"line.{line}.{ALIASES.get(field or '')}"}:
                return form
        return self.reason


def _kind(now: OpenConflict) -> Kind | None:
    policy = policy_of(now.conflict.path)
    return policy.kind if policy else None


def _choices(now: OpenConflict, *, takes_typed: bool) -> Iterator[tuple[str, str]]:
    """List the values, each with what the other system will be sent."""
    conflict, connection = now.conflict, str(now.discrepancy.connection)

    def label(value: Any, sent: str, held: str) -> SafeString:
        happens = (sent if now.is_sent(value) else held) % {"connection": connection}
        return format_html("<bdi>{}</bdi> <small>{}</small>", now.write(value), happens)

    yield (
        Choice.OURS.value,
        label(
            conflict.ours,
            gettext("This is our value: it stays here and is sent to %(connection)s."),
            gettext("This is our value: it stays here, and %(connection)s has it already."),
        ),
    )
    if not now.takes_another_value:
        return
    yield (
        Choice.THEIRS.value,
        label(
            conflict.theirs,
            gettext("This is the value of %(connection)s: it is taken over here and sent again."),
            gettext("This is the value of %(connection)s: it is taken over here."),
        ),
    )
    if conflict.base is not None and conflict.base not in (conflict.ours, conflict.theirs):
        yield (
            BASE,
            label(
                conflict.base,
                gettext("This is the value before both changes: it is sent to %(connection)s."),
                gettext("This is the value before both changes: %(connection)s has it already."),
            ),
        )
    if takes_typed:
        another = gettext("Another value, typed below: it is sent to %(connection)s.")
        yield Choice.OTHER.value, another % {"connection": connection}


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

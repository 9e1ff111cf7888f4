"""Form of a connection: its settings, whom it serves, and what it does instead of us."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.form_sentences import PlainErrors
from fulfilment.admin.field_owners import FieldOwnersField
from fulfilment.models import Connection
from fulfilment.routes import sent_event_types
from fulfilment.services.duties import (
    BILLED_BY,
    SHIPPED_BY,
    assign_duties,
    check_duty,
    companies_of,
)
from fulfilment.services.prefixes import check_prefix
from sales.models import Company

Fieldsets = tuple[tuple[Any, dict[str, Any]], ...]
"""Headings of the admin page of a connection, each with its fields."""

FIELDSETS: Fieldsets = (
    (None, {"fields": ("code", "name", "kind", "url")}),
    (
        _("What it is sent, and reports"),
        {"fields": ("event_types", "companies", "reports_as", "payload_version")},
    ),
    (
        _("How it is sent to"),
        {
            "fields": (
                *("deadline_seconds", "max_in_flight", "gives_references", "answers_look_ups"),
                *("skips_refused", "config"),
            )
        },
    ),
)
SUPPLY_FIELDSETS: Fieldsets = (
    (_("Who does what"), {"fields": ("ships", "bills")}),
    (
        _("Orders made there"),
        {"fields": ("number_prefix", "default_owner", "default_category", "link_template")},
    ),
    (_("Whose value counts"), {"fields": ("field_owners",)}),
)
"""What only a connection to a supply-chain system has."""

DUTIES = {"ships": SHIPPED_BY, "bills": BILLED_BY}
"""The fields that choose companies for a duty, with the column of the company that names it."""


def _companies_field(help_text: Any = "") -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        coerce=uuid.UUID,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=help_text,
    )


class ConnectionForm(PlainErrors, forms.ModelForm[Connection]):
    """Settings of a connection; what it receives and reports are check boxes."""

    event_types = forms.MultipleChoiceField(
        choices=sent_event_types, required=False, widget=forms.CheckboxSelectMultiple
    )
    reports_as = forms.MultipleChoiceField(
        choices=Connection.Duty.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    companies = _companies_field()
    ships = _companies_field(
        help_text=_(
            "Whose orders its system ships: we do not, and our warehouses are not sent them. "
            "One system ships for a company."
        )
    )
    bills = _companies_field(
        help_text=_(
            "Whose orders its system bills: we neither bill nor credit them. "
            "One system bills for a company."
        )
    )

    field_owners = FieldOwnersField(required=False)

    class Meta:
        model = Connection
        fields = tuple(
            name for _heading, part in FIELDSETS + SUPPLY_FIELDSETS for name in part["fields"]
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        companies = list(Company.objects.values_list("pk", "name"))
        for name in {"companies", *DUTIES} & set(self.fields):
            self.fields[name].choices = companies  # type: ignore[attr-defined]  # of choices
        for name, column in DUTIES.items():
            self.initial[name] = companies_of(self.instance, column)
        for name in {"event_types", "companies", "reports_as"} & set(self.fields):
            self.fields[name].help_text = getattr(Connection._meta.get_field(name), "help_text", "")

    def clean_config(self) -> object:
        """Read an empty field as no settings."""
        config = self.cleaned_data["config"]
        return {} if config is None else config

    def clean(self) -> dict[str, Any]:
        """Refuse companies that another system ships or bills for, or that it does not serve."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        given = {
            name: cleaned.get(name, getattr(self.instance, name))
            for name in ("code", "name", "kind", "companies")
        }
        for name, column in DUTIES.items():
            self._check(name, check_duty, Connection(**given), column, cleaned.get(name, ()))
        prefix = cleaned.get("number_prefix", "")
        self._check("number_prefix", check_prefix, Connection(**given, number_prefix=prefix))
        return cleaned

    def _check(self, name: str, check: Callable[..., None], *values: Any) -> None:
        """Show what a check refuses beside a field."""
        try:
            check(*values)
        except DomainError as error:
            self.add_error(name, str(error))

    def assign_duties(self) -> None:
        """Have the system of the connection, which is saved, ship and bill as chosen."""
        assign_duties(self.instance, **{name: self.cleaned_data.get(name, ()) for name in DUTIES})

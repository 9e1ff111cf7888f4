"""Settings of a connection to a supply-chain system: numbers, defaults, links, field owners."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.errors import NotEditable
from common.fields import optional_key
from crm.models import User
from fulfilment.addresses import is_host
from fulfilment.sync.policies import POLICIES, Owner, Policy, with_owner
from sales.models import ProductCategory

PLACEHOLDERS = ("{id}", "{number}")

SUPPLY_ONLY = (
    "number_prefix",
    "default_owner",
    "default_category",
    "link_template",
    "field_owners",
)
"""The settings that no other kind of connection has."""


def check_link_template(template: str) -> None:
    """Refuse what makes no https address of an order of theirs."""
    filled = template
    for placeholder in PLACEHOLDERS:
        filled = filled.replace(placeholder, "1")
    parts = _split(filled)
    if (
        filled == template
        or set("{}\\ ") & set(filled)
        or parts is None
        or parts[0] != "https"
        or not is_host(parts[1])
    ):
        raise ValidationError(
            gettext(
                "“%(template)s” is no address of a record: write one such as "
                "https://scm.example.com/orders/{id}, with {id} or {number} in it."
            )
            % {"template": template}
        )


def _split(url: str) -> tuple[str, str] | None:
    """Return scheme and host of a URL; None of what is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or ""
    except ValueError:
        return None


def check_field_owners(owners: Any) -> None:
    """Refuse what gives no shared field to one side."""
    try:
        policies_with(owners)
    except NotEditable as error:
        raise ValidationError(str(error)) from error
    except (ValueError, AttributeError) as error:
        example = '{"head.payment_terms": "theirs"}'
        raise ValidationError(
            gettext("Give shared fields to “ours” or “theirs”, as in %(example)s.")
            % {"example": example}
        ) from error


def policies_with(owners: Mapping[str, str]) -> tuple[Policy, ...]:
    """Return the field policies in which shared fields, by their paths, have these owners.

    Raises NotEditable for a field that is not shared, and ValueError for what is no owner.
    """
    policies = POLICIES
    for path, owner in owners.items():
        policies = with_owner(policies, path, Owner(owner))
    return policies


class SupplySettings(models.Model):
    """What only a connection to a supply-chain system is set up with."""

    number_prefix = models.CharField(
        max_length=10,
        blank=True,
        validators=[
            RegexValidator(
                r"^[A-Za-z0-9][A-Za-z0-9/_.-]*$",
                _("Begin with a letter or digit, and go on with letters, digits and - / _ . only."),
            )
        ],
        help_text=_("What the numbers of orders made there begin with, such as SO-."),
    )
    default_owner = optional_key(
        User,
        help_text=_("Owns the orders that are made there; without one the account's owner does."),
    )
    default_category = optional_key(
        ProductCategory,
        help_text=_("What a line without product and category, such as a trade-in, is to them."),
    )
    link_template = models.CharField(
        _("link to an order there"),
        max_length=300,
        blank=True,
        validators=[check_link_template],
        help_text=_("Such as https://scm.example.com/orders/{id}; {number} is its number."),
    )
    field_owners = models.JSONField(
        _("whose value counts"), default=dict, blank=True, validators=[check_field_owners]
    )

    class Meta:
        abstract = True

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies of the fields that are exchanged with it."""
        return policies_with(self.field_owners)

    def link_to(self, record_id: str, number: str) -> str:
        """Return the address of an order there; empty where it is not known."""
        values = dict(zip(PLACEHOLDERS, (record_id, number), strict=True))
        if not self.link_template:
            return ""
        link = str(self.link_template)
        for placeholder, value in values.items():
            if placeholder in link and not value:
                return ""
            link = link.replace(placeholder, quote(value, safe=""))
        return link

"""Partners: programs that use the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, rate_field
from common.history import keeps_history
from crm.models.teams import LIMIT_RULE, WITHIN_RATE


@keeps_history()
class Partner(models.Model):
    """An API client; it sees only documents of the accounts granted to it."""

    class Scope(models.TextChoices):
        ORDERS_READ = "orders:read", _("Read orders")
        ORDERS_WRITE = "orders:write", _("Write orders")
        FULFILMENT_WRITE = "fulfilment:write", _("Report fulfilment")
        INVOICES_READ = "invoices:read", _("Read invoices")
        INVOICES_WRITE = "invoices:write", _("Write invoices")
        ACCOUNTS_READ = "accounts:read", _("Read accounts and contacts")
        ACCOUNTS_WRITE = "accounts:write", _("Write accounts and contacts")
        QUOTES_READ = "quotes:read", _("Read quotes")
        QUOTES_WRITE = "quotes:write", _("Write quotes")
        EVENTS_READ = "events:read", _("Read the event feed")
        CATALOGUE_READ = "catalogue:read", _("Read the catalogue")
        WEBHOOKS_READ = "webhooks:read", _("Read webhook endpoints and deliveries")
        WEBHOOKS_WRITE = "webhooks:write", _("Register webhook endpoints, replay deliveries")

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope), default=list, blank=True)
    accounts: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "crm.Account", blank=True, related_name="partners"
    )
    account_owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("owner of new accounts"),
        help_text=_("Who owns the accounts that it creates; without one it creates none."),
    )
    overrides_prices = models.BooleanField(
        _("overrides prices"),
        default=False,
        help_text=_("Whether it may send other prices than those of the price list."),
    )
    discount_limit_rate = rate_field(
        verbose_name=_("discount limit"),
        default=Decimal(0),
        help_text=_("The most it gives off: 0.1 is 10 %; 0 is no discount."),
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=WITHIN_RATE,
                name="partner_discount_limit_is_a_rate",
                violation_error_message=LIMIT_RULE,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def may_read(self, kind: str) -> bool:
        """Whether its scopes include reading documents of a kind: quote, order or invoice."""
        return f"{kind}s:read" in self.scopes

    @property
    def discount_limit(self) -> Decimal:
        """The largest discount that the partner may give, as a fraction."""
        limit: Decimal = self.discount_limit_rate
        return limit

    @property
    def is_authenticated(self) -> bool:
        """Whether a request of it is signed in: always, since only its token makes one its own."""
        return True

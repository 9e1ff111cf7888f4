"""Partners: programs that use the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import identifier
from common.history import keeps_history


@keeps_history()
class Partner(models.Model):
    """An API client; it sees only documents of the accounts granted to it."""

    class Scope(models.TextChoices):
        ORDERS_READ = "orders:read", _("Read orders")
        ORDERS_WRITE = "orders:write", _("Write orders")
        FULFILMENT_WRITE = "fulfilment:write", _("Report fulfilment")
        INVOICES_READ = "invoices:read", _("Read invoices")
        INVOICES_WRITE = "invoices:write", _("Write invoices")
        CATALOGUE_READ = "catalogue:read", _("Read the catalogue")

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    scopes = ArrayField(models.CharField(max_length=30, choices=Scope), default=list, blank=True)
    accounts: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        "crm.Account", blank=True, related_name="partners"
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

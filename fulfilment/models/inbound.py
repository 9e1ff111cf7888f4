"""Inbox: messages received, external references, sync state, and discrepancies."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier
from common.history import keeps_history
from fulfilment.models.connections import Connection


class InboundMessage(models.Model):
    """Inbox row: one signed message; an id is applied once per connection (deduplication)."""

    class Result(models.TextChoices):
        APPLIED = "applied", _("Applied")
        STALE = "stale", _("Older than a report already applied")
        ECHO = "echo", _("Echo of our own change")
        DEFERRED = "deferred", _("Waits for its document")
        QUARANTINED = "quarantined", _("Needs a person")
        CONFLICT = "conflict", _("Differs from ours")

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="messages")
    message_id = models.CharField(max_length=100)
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the message."))
    type = models.CharField(max_length=60)
    subject = models.CharField(max_length=100, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    body = models.JSONField()
    result = models.CharField(max_length=12, choices=Result)
    detail = models.CharField(max_length=500, blank=True)
    root_id = models.UUIDField(null=True, blank=True, help_text=_("The document that it is about."))
    received_at = models.DateTimeField(auto_now_add=True)
    give_up_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "message_id"], name="inbound_message_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["root_id", "id"], name="inbound_by_root"),
            models.Index(
                fields=["subject"], condition=Q(result="deferred"), name="inbound_deferred"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


@keeps_history()
class ExternalRef(models.Model):
    """External id and number of one of our records; provisional until they are reported."""

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="refs")
    record_type = models.CharField(max_length=20)
    record_id = models.UUIDField()
    external_id = models.CharField(max_length=100)
    external_number = models.CharField(max_length=100, blank=True)
    is_provisional = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "record_type", "record_id"], name="external_ref_ours_once"
            ),
            models.UniqueConstraint(
                fields=["connection", "record_type", "external_id"],
                name="external_ref_theirs_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.external_number or self.external_id}"


class SyncState(models.Model):
    """Sync state of one document: our version they have, and their sequence that we applied."""

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    record_type = models.CharField(max_length=20)
    record_id = models.UUIDField()
    acked_version = models.PositiveIntegerField(default=0)
    applied_sequence = models.BigIntegerField(default=0)
    shadow = models.JSONField(default=dict, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "record_type", "record_id"], name="sync_state_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.record_type} {self.record_id}"


@keeps_history()
class Discrepancy(models.Model):
    """A value that differs between us and an external system, until a person decides."""

    class Kind(models.TextChoices):
        INVOICE_TOTAL = "invoice_total", _("Invoice total differs")
        INVOICE_TAX = "invoice_tax", _("Invoice tax differs")
        QUANTITY = "quantity", _("Quantity differs")
        STATUS = "status", _("Status differs")
        PAYMENT = "payment", _("Payment does not fit")
        REFERENCE = "reference", _("Reference differs")
        FIELD = "field", _("Both sides changed a field")

    id = identifier()
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="discrepancies"
    )
    kind = models.CharField(max_length=15, choices=Kind)
    record_type = models.CharField(max_length=20)
    record_id = models.UUIDField()
    record_number = models.CharField(max_length=30, blank=True)
    field = models.CharField(max_length=60, blank=True)
    base = models.CharField(max_length=200, blank=True)
    ours = models.CharField(max_length=200)
    theirs = models.CharField(max_length=200)
    difference = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = _("discrepancies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "kind", "record_id", "field"],
                condition=Q(resolved_at__isnull=True),
                name="discrepancy_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.record_number}"

    @property
    def decision(self) -> str:
        """How it was resolved: in a person's words, or by values that agree again; else empty."""
        if self.resolved_at is None or self.resolution:
            return self.resolution
        return gettext("Both values agree again.")

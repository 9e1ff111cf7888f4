"""Two-way sync: what another system holds of an order, and how its codes map to our records."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, reference_field
from common.history import keeps_history
from fulfilment.models.connections import Connection


class SyncState(models.Model):
    """State of one document in another system: what they hold, and what each side knows.

    ``held`` is their last snapshot in canonical values, by the path of the field; ``snapshot`` the
    same as it was received, with the parts that nothing here reads. ``pushes`` are the versions of
    ours that they do not know yet, oldest first, each with ``version``, the ``values`` that it
    named and the ``splits`` of its charges. ``splits`` says, by our id of the line, what of their
    charge is residue and what is a genuine charge.
    """

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    record_type = models.CharField(max_length=20)
    record_id = models.UUIDField()
    applied_sequence = models.BigIntegerField(default=0)
    knows = models.PositiveIntegerField(
        default=0, help_text=_("The latest version of ours that they have applied.")
    )
    held = models.JSONField(default=dict, blank=True)
    snapshot = models.JSONField(default=dict, blank=True)
    pushes = models.JSONField(default=list, blank=True)
    snapshot_sequence = models.BigIntegerField(default=0)
    splits = models.JSONField(default=dict, blank=True)
    round_trips = models.PositiveSmallIntegerField(
        default=0, help_text=_("Snapshots in a row that were answered without a person's edit.")
    )
    answered_version = models.PositiveIntegerField(
        default=0, help_text=_("The version of ours in which the last of them was answered.")
    )
    must_send_again = models.BooleanField(
        default=False, help_text=_("They refused a version of ours because they were ahead.")
    )
    read_due_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When their order is read; empty if it need not be.")
    )
    received_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "record_type", "record_id"], name="sync_state_unique"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["record_id"], name="sync_state_by_record"),
            models.Index(
                fields=["read_due_at"],
                condition=Q(read_due_at__isnull=False),
                name="sync_state_to_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.record_type} {self.record_id}"


@keeps_history()
class Mapping(models.Model):
    """A code of another system for one of our records: many of theirs to one of ours.

    One of them is what the record is called in messages to them. In other capitals a code is the
    same.
    """

    class Kind(models.TextChoices):
        COMPANY = "company", _("Company")
        ACCOUNT = "account", _("Account")
        PRODUCT = "product", _("Product")
        UNIT = "unit", _("Unit")
        CATEGORY = "category", _("Product category")
        PAYMENT_TERMS = "payment_terms", _("Payment terms")
        PRICE_LIST = "price_list", _("Price list")

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="mappings")
    kind = models.CharField(max_length=15, choices=Kind)
    their_code = reference_field(blank=False)
    record_id = models.UUIDField()
    is_outward = models.BooleanField(
        default=True, help_text=_("Whether messages to them use this code.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["kind", "their_code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "connection",
                "kind",
                Upper("their_code"),
                name="mapping_of_their_code_once",
                violation_error_message=_("This code of theirs is mapped already."),
            ),
            models.UniqueConstraint(
                fields=["connection", "kind", "record_id"],
                condition=Q(is_outward=True),
                name="mapping_outward_once",
                violation_error_message=_("Messages to them use another code for this record."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.their_code}"

    @property
    def key(self) -> tuple[str, str]:
        """Its kind and their code."""
        return self.kind, self.their_code

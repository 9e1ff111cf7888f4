"""Inbox: messages received, external references, and discrepancies."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q, TextField, Value
from django.db.models.functions import Cast, Upper
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, parameters_field, reference_field
from common.history import keeps_history
from common.stored_sentences import written
from crm.models import Partner, User, sees_all_records
from fulfilment.exchanged_fields import name_of_field, write_value
from fulfilment.models.connections import Connection
from sales.models.document_kinds import REPORTED_KINDS
from sales.models.events import of_visible_documents


class InboundMessageQuerySet(models.QuerySet["InboundMessage"]):
    """Look-ups of messages by who may see them, and whether they wait for a person."""

    def open(self) -> Self:
        """Keep those that were not applied and are not settled."""
        return self.filter(result__in=InboundMessage.REFUSED, resolved_at__isnull=True)

    def waiting(self) -> Self:
        """Keep those that wait for a person, or for their document."""
        return self.filter(result__in=InboundMessage.WAITING, resolved_at__isnull=True)

    def unapplied(self) -> Self:
        """Keep what a rule of ours refused as a whole, and nobody has mended or set aside yet."""
        return self.filter(result=InboundMessage.Result.QUARANTINED, resolved_at__isnull=True)

    def waiting_for_code(self, code: str) -> Self:
        """Keep those that wait for a code of theirs, in whatever capitals."""
        in_capitals = Cast(Upper(Cast("unmapped", TextField())), ArrayField(TextField()))
        return self.annotate(codes=in_capitals).filter(codes__contains=[Upper(Value(code))])

    def about(self, keys: Collection[uuid.UUID], names: Collection[str]) -> Self:
        """Keep those about documents with these ids, or that name one and found none."""
        return self.filter(Q(root_id__in=keys) | Q(root_id__isnull=True, subject__in=names))

    def visible_to(self, actor: User | Partner) -> Self:
        """Keep those about, or naming, documents that the actor may see; all for who sees all."""
        if sees_all_records(actor):
            return self
        seen = Q()
        for kind in REPORTED_KINDS:
            visible = kind.model.objects.visible_to(actor)
            seen |= Q(root_id__in=visible.values("pk"))
            seen |= Q(root_id__isnull=True, subject__in=visible.values("number"))
        return self.filter(seen)


class InboundMessage(models.Model):
    """Inbox row: one signed message; an id is applied once per connection (deduplication)."""

    class Result(models.TextChoices):
        APPLIED = "applied", _("Applied")
        STALE = "stale", _("Older than a report already applied")
        ECHO = "echo", _("Echo of our own change")
        DEFERRED = "deferred", _("Waits for its document")
        QUARANTINED = "quarantined", _("Needs a person")
        CONFLICT = "conflict", _("Differs from ours")

    COUNTED: ClassVar = frozenset({Result.APPLIED, Result.STALE, Result.ECHO, Result.CONFLICT})
    """Results of messages that say something about their document."""

    REFUSED: ClassVar = frozenset({Result.QUARANTINED, Result.CONFLICT})
    """Results of messages that wait for a person until they are settled."""

    WAITING: ClassVar = REFUSED | {Result.DEFERRED}
    """Results of messages that are not done with until they are settled."""

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="messages")
    message_id = reference_field(blank=False)
    digest = models.CharField(max_length=64, help_text=_("SHA-256 of the message."))
    type = models.CharField(max_length=60)
    subject = reference_field(help_text=_("The document as the sender names it."))
    part = reference_field(help_text=_("The shipment, return, credit or payment it is about."))
    sequence = models.BigIntegerField(null=True, blank=True)
    unmapped = ArrayField(
        models.CharField(max_length=120),
        default=list,
        blank=True,
        editable=False,
        help_text=_("The codes of theirs that it waits for, each after its kind."),
    )
    body = models.JSONField()
    validated_data = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        encoder=DjangoJSONEncoder,
        help_text=_("What was validated of it."),
    )
    schema = models.CharField(
        max_length=16,
        blank=True,
        editable=False,
        help_text=_("The fingerprint of the schema by which it was validated."),
    )
    is_correction = models.BooleanField(default=False, editable=False)
    result = models.CharField(max_length=12, choices=Result)
    detail = models.CharField(max_length=500, blank=True)
    detail_parameters = parameters_field()
    root_id = models.UUIDField(null=True, blank=True, help_text=_("The document that it is about."))
    received_at = models.DateTimeField(auto_now_add=True)
    give_up_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When it was last applied in vain.")
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(
        max_length=300, blank=True, help_text=_("Why a person set it aside.")
    )
    resolution_parameters = parameters_field()

    objects: ClassVar[models.Manager[InboundMessage]] = InboundMessageQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "message_id"], name="inbound_message_once"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["root_id", "id"], name="inbound_by_root"),
            models.Index(fields=["root_id", "type", "part"], name="inbound_by_part"),
            models.Index(
                fields=["subject"], condition=Q(root_id__isnull=True), name="inbound_by_name"
            ),
            models.Index(
                fields=["-id"],
                condition=Q(
                    result__in=["quarantined", "conflict", "deferred"], resolved_at__isnull=True
                ),
                name="inbound_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"

    def waits_for_code(self, code: str) -> bool:
        """Whether it waits for a code of theirs, in whatever capitals."""
        return code.upper() in {each.upper() for each in self.unmapped}

    @property
    def is_open(self) -> bool:
        """Whether it was not applied and waits for a person."""
        return self.result in self.REFUSED and self.resolved_at is None

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a person, or for its document."""
        return self.result in self.WAITING and self.resolved_at is None

    @property
    def display_detail(self) -> str:
        """What became of it, in the language of its reader."""
        return written(self.detail, self.detail_parameters)

    @property
    def display_resolution(self) -> str:
        """Why a person set it aside, in the language of its reader."""
        return written(self.resolution, self.resolution_parameters)


@keeps_history()
class ExternalRef(models.Model):
    """External id and number of one of our records; provisional until they are reported."""

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="refs")
    record_type = models.CharField(max_length=20)
    record_id = models.UUIDField()
    external_id = reference_field(blank=False)
    external_number = reference_field()
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


class DiscrepancyQuerySet(models.QuerySet["Discrepancy"]):
    """Look-ups of discrepancies by who may see them."""

    def open(self) -> Self:
        """Keep those that nobody has decided."""
        return self.filter(resolved_at__isnull=True)

    def visible_to(self, actor: User | Partner) -> Self:
        """Keep those of documents that the actor may see."""
        return self.filter(of_visible_documents(actor, kind="record_type", key="record_id"))


@keeps_history()
class Discrepancy(models.Model):
    """A value that differs between us and an external system, until a person decides."""

    class Kind(models.TextChoices):
        INVOICE_TOTAL = "invoice_total", _("Invoice total differs")
        INVOICE_TAX = "invoice_tax", _("Invoice tax differs")
        QUANTITY = "quantity", _("Quantity differs")
        SHORTAGE = "shortage", _("Cannot be shipped")
        FAILED = "failed", _("Was not delivered")
        BILLED = "billed", _("Billed, and not shipped any more")
        STATUS = "status", _("Status differs")
        PAYMENT = "payment", _("Payment does not fit")
        OVERPAID = "overpaid", _("More paid than was open")
        CREDIT = "credit", _("Credit does not fit")
        REFERENCE = "reference", _("Reference differs")
        FIELD = "field", _("Both sides changed a field")
        CHANGED_ON_ARRIVAL = "on_arrival", _("Changed on arrival")
        SENT_BACK = "sent_back", _("Changed back again and again")
        MISSING_THERE = "missing_there", _("Missing there")
        UNREADABLE = "unreadable", _("Cannot be read there")
        UNIT = "unit", _("No exact quantity in their unit")

    class Choice(models.TextChoices):
        OURS = "ours", _("Ours")
        THEIRS = "theirs", _("Theirs")
        OTHER = "other", _("Another value")

    FIELDS: ClassVar = {
        "official_number": _("official number"),
        "currency": _("currency"),
        "issued_on": _("date of issue"),
    }
    """What a person calls the fields of ours that may differ."""

    id = identifier()
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="discrepancies"
    )
    kind = models.CharField(max_length=15, choices=Kind)
    record_type = models.CharField(max_length=20)
    record_id = models.UUIDField()
    record_number = models.CharField(max_length=30, blank=True)
    part = reference_field(help_text=_("The shipment or return of theirs that it is about."))
    is_return = models.BooleanField(
        default=False, editable=False, help_text=_("Whether it is about a return.")
    )
    field = reference_field(help_text=_("The field, the line, or their reference."))
    about = models.CharField(
        max_length=200, blank=True, help_text=_("What a person calls it, such as the line.")
    )
    base = models.CharField(max_length=200, blank=True)
    compared = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Base, ours and theirs of a field that both systems edit, in full."),
    )
    ours = models.CharField(max_length=200)
    ours_parameters = parameters_field()
    theirs = models.CharField(max_length=200)
    difference = models.CharField(max_length=60, blank=True)
    report = models.ForeignKey(
        InboundMessage,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="discrepancies",
        help_text=_("The report that says so; empty if it was the answer to a message of ours."),
    )
    report_waits = models.BooleanField(
        default=False,
        editable=False,
        help_text=_("Whether the report was not taken as it is, and waits for a person too."),
    )
    rule = models.CharField(max_length=500, blank=True, help_text=_("Why a person decides."))
    rule_parameters = parameters_field()
    opened_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=300, blank=True)
    resolution_parameters = parameters_field()
    choice = models.CharField(
        max_length=6,
        choices=Choice,
        blank=True,
        help_text=_("Whose value counts, of a field that both systems edit."),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty if the values agreed again by themselves."),
    )

    objects: ClassVar[models.Manager[Discrepancy]] = DiscrepancyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = _("discrepancies")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection", "kind", "record_id", "part", "is_return", "field"],
                condition=Q(resolved_at__isnull=True),
                name="discrepancy_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.record_number}"

    @property
    def display_about(self) -> str:
        """What it is about, in words: the field, the line, or their reference."""
        if self.compared is not None:
            return name_of_field(self.field, self.about)
        if self.kind in {self.Kind.FIELD, self.Kind.REFERENCE}:
            return str(self.FIELDS.get(self.field, self.about))
        if self.kind in {self.Kind.QUANTITY, self.Kind.SHORTAGE} and self.about in {"", self.field}:
            return gettext("a line that %(document)s does not have") % {
                "document": self.record_number
            }
        return self.about or self.field

    @property
    def display_part(self) -> str:
        """Their reference of what it is about; a return may have that of a shipment."""
        if self.is_return and self.part:
            return gettext("Return %(reference)s") % {"reference": self.part}
        return self.part

    @property
    def display_ours(self) -> str:
        """Our value, in the language of its reader."""
        if self.compared is not None:
            return write_value(self.field, self.compared["ours"], self.compared)
        return written(self.ours, self.ours_parameters)

    @property
    def display_theirs(self) -> str:
        """Their value; that of a field in the language of its reader."""
        if self.compared is not None:
            return write_value(self.field, self.compared["theirs"], self.compared)
        return self.theirs

    @property
    def display_rule(self) -> str:
        """Why a person decides, in the language of its reader."""
        return written(self.rule, self.rule_parameters)

    @property
    def decision(self) -> str:
        """How it was resolved: in a person's words, or by values that agree again; else empty."""
        if self.resolved_at is None or self.resolution:
            return written(self.resolution, self.resolution_parameters)
        return gettext("Both values agree again.")

"""Event log: what happened to documents, in the order in which it happened."""

from __future__ import annotations

from typing import ClassVar, Self, TypeAlias

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, reference_field
from common.history import keeps_history
from common.triggers import AppendOnly
from crm.models import Partner, User, sees_all_records
from sales.models.document_kinds import DOCUMENT_KINDS
from sales.models.event_types import EventType

OLDEST_OPEN = models.Func(
    function="pg_snapshot_xmin",
    template="(%(function)s(pg_current_snapshot())::text::bigint)",
    output_field=models.BigIntegerField(),
)


def of_visible_documents(actor: User | Partner, *, kind: str, key: str) -> models.Q:
    """Make the condition that a row is about a document that the actor may see.

    ``kind`` and ``key`` are its columns with the document's kind and id.
    """
    if sees_all_records(actor):
        return models.Q()
    allowed = models.Q()
    for each in DOCUMENT_KINDS:
        seen = each.model.objects.visible_to(actor).values("pk")
        allowed |= models.Q((kind, each.name), (f"{key}__in", seen))
    return allowed


class SalesEventQuerySet(models.QuerySet["SalesEvent"]):
    """Events, read in the order in which their transactions became visible to all."""

    def visible_to(self, actor: User | Partner) -> Self:
        """Keep what happened to documents that the actor may see."""
        return self.filter(of_visible_documents(actor, kind="subject_type", key="subject_id"))

    def settled(self) -> Self:
        """Keep events that no open transaction can still come before, the oldest first.

        An id drawn early may be committed late: a reader that goes by ids alone would miss it.
        """
        return self.filter(xid__lt=OLDEST_OPEN).order_by("xid", "id")

    def after(self, event: SalesEvent) -> Self:
        """Keep what became visible later than an event."""
        later = models.Q(xid=event.xid, id__gt=event.pk) | models.Q(xid__gt=event.xid)
        return self.filter(later, xid__gte=event.xid)


@keeps_history(without=("xid",))
class SalesEvent(models.Model):
    """One event of one document, written in the transaction that made it happen."""

    Type: TypeAlias = EventType

    class Subject(models.TextChoices):
        QUOTE = "quote", _("Quote")
        ORDER = "order", _("Order")
        INVOICE = "invoice", _("Invoice")

    id = identifier()
    type = models.CharField(max_length=30, choices=Type)
    subject_type = models.CharField(max_length=10, choices=Subject)
    subject_id = models.UUIDField()
    subject_number = models.CharField(max_length=30, blank=True)
    subject_version = models.PositiveIntegerField()
    root_type = models.CharField(max_length=10, choices=Subject)
    root_id = models.UUIDField(help_text=_("The document whose lane the event travels in."))
    data = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=150)
    origin = models.CharField(
        max_length=30, blank=True, help_text=_("The connection whose statement it repeats.")
    )
    causation_id = reference_field()
    correlation_id = reference_field()
    xid = models.BigIntegerField(
        db_default=models.Func(
            function="pg_current_xact_id",
            template="(%(function)s()::text::bigint)",
            output_field=models.BigIntegerField(),
        ),
        editable=False,
        help_text=_("The transaction that wrote it; readers wait until older ones are done."),
    )
    occurred_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[SalesEvent]] = SalesEventQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["subject_id", "subject_version"], name="sales_event_one_per_version"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["root_id", "id"], name="sales_event_by_root"),
            models.Index(fields=["xid", "id"], name="sales_event_by_xid"),
        ]
        triggers: ClassVar = [AppendOnly()]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {self.subject_number}".strip()

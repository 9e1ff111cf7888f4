"""Transactional outbox: lanes, handoffs (one per event and connection), payloads and attempts."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, optional_key, parameters_field, reference_field
from common.stored_sentences import written
from common.triggers import AppendOnly
from crm.models import Partner, User
from fulfilment.models.connections import Connection
from sales.models import AnyDocument, Order, SalesEvent
from sales.models.events import of_visible_documents


class Lane(models.Model):
    """All handoffs of one root document to one connection; the unit of order and of lease."""

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="lanes")
    root_type = models.CharField(max_length=10, choices=SalesEvent.Subject)
    root_id = models.UUIDField()
    last_position = models.PositiveIntegerField(default=0)
    pending = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(help_text=_("When it may be claimed; a lease pushes it ahead."))
    lease_token = models.UUIDField(null=True, blank=True)
    is_blocked = models.BooleanField(
        default=False, help_text=_("The next handoff was refused and needs a person.")
    )
    acked_version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["connection", "root_id"], name="lane_unique")
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["connection", "due_at"],
                condition=Q(pending__gt=0, is_blocked=False),
                name="lane_due",
            ),
            models.Index(
                fields=["connection", "due_at"],
                condition=Q(lease_token__isnull=False),
                name="lane_leased",
            ),
            models.Index(fields=["root_id"], name="lane_by_root"),
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.root_type} {self.root_id}"

    @property
    def is_leased(self) -> bool:
        """Whether a worker holds it at this moment."""
        return self.lease_token is not None and self.due_at > timezone.now()


class Payload(models.Model):
    """The exact body of an event in one payload version, frozen when the event was committed."""

    id = identifier()
    event = models.ForeignKey(SalesEvent, on_delete=models.PROTECT, related_name="payloads")
    version = models.PositiveSmallIntegerField()
    connection = optional_key(
        Connection, help_text=_("The connection whose field names it has; empty for ours.")
    )
    body = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["event", "version", "connection"],
                name="payload_unique",
                nulls_distinct=False,
            )
        ]
        triggers: ClassVar = [AppendOnly()]

    def __str__(self) -> str:
        return gettext("%(event)s (version %(version)d)") % {
            "event": self.event,
            "version": self.version,
        }


ATTEMPT_COLUMNS = ("outcome", "detail", "detail_parameters", "finished_at")
"""What ``with_attempts`` reads of each attempt."""


class HandoffQuerySet(models.QuerySet["Handoff"]):
    """Look-ups of handoffs by document, and by who may see them."""

    def about(self, document: AnyDocument) -> Self:
        """Keep the handoffs about a document; about an order, those of its invoices too.

        By lane or by subject, never by either: no index serves an OR across two joined tables.
        """
        if isinstance(document, Order):
            return self.of_lane(document)
        return self.filter(event__subject_id=document.pk)

    def of_lane(self, root: AnyDocument) -> Self:
        """Keep the handoffs in the lanes of a root document, one lane per connection."""
        return self.filter(lane__root_id=root.pk)

    def in_line(self) -> Self:
        """Keep what is still to be sent, and what holds up its lane; the first one is next."""
        return self.filter(Q(state__in=Handoff.TO_SEND) | Q(holds_lane=True)).order_by("position")

    def with_wait(self) -> Self:
        """Read along what each handoff may wait for: its connection, and the first in its lane."""
        first = Handoff.objects.filter(lane=OuterRef("lane")).in_line()
        facts = JSONObject(
            id="pk", type="event__type", number="event__subject_number", holds_lane="holds_lane"
        )
        return self.select_related("event", "lane__connection__health").annotate(
            first_in_lane=Subquery(first.values(facts=facts)[:1])
        )

    def with_attempts(self) -> Self:
        """Read attempts along with each handoff, and what it waits for, in one statement."""
        columns = {name: name for name in ATTEMPT_COLUMNS}
        attempts = Attempt.objects.filter(handoff=OuterRef("pk")).order_by("id")
        return self.with_wait().annotate(
            attempts_read=ArraySubquery(attempts.values(columns=JSONObject(**columns)))
        )

    def visible_to(self, actor: User | Partner) -> Self:
        """Keep the handoffs of documents that the actor may see."""
        return self.filter(of_visible_documents(actor, kind="lane__root_type", key="lane__root_id"))


class Handoff(models.Model):
    """Outbox row: one event for one connection, with the state of its delivery."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENDING = "sending", _("Sending")
        ACCEPTED = "accepted", _("Accepted")
        CONFIRMED = "confirmed", _("Confirmed")
        RETRYING = "retrying", _("Retrying")
        NEEDS_ATTENTION = "needs_attention", _("Needs attention")
        UNKNOWN_OUTCOME = "unknown_outcome", _("Unknown outcome")
        SKIPPED = "skipped", _("Skipped")
        SUPERSEDED = "superseded", _("Superseded")

    TO_SEND: ClassVar = frozenset(
        {State.QUEUED, State.SENDING, State.RETRYING, State.UNKNOWN_OUTCOME}
    )
    WAITING: ClassVar = TO_SEND | {State.NEEDS_ATTENTION}

    id = identifier()
    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, related_name="handoffs")
    position = models.PositiveIntegerField()
    event = models.ForeignKey(SalesEvent, on_delete=models.PROTECT, related_name="handoffs")
    payload = models.ForeignKey(Payload, on_delete=models.PROTECT, related_name="handoffs")
    message_id = models.CharField(
        max_length=80, help_text=_("Id and idempotency key of the message.")
    )
    state = models.CharField(max_length=16, choices=State, default=State.QUEUED)
    refusal_count = models.PositiveIntegerField(
        default=0, help_text=_("Refusals of the message; failures of the connection do not count.")
    )
    is_acknowledged = models.BooleanField(
        default=False, help_text=_("Accepted, but their reference is still missing.")
    )
    holds_lane = models.BooleanField(
        default=False, help_text=_("Refused, and later handoffs of its lane wait for a person.")
    )
    reference = reference_field(help_text=_("The external system's reference for the document."))
    cause = models.CharField(max_length=300, blank=True, help_text=_("Why it is not delivered."))
    cause_parameters = parameters_field()
    resolution = models.CharField(
        max_length=300, blank=True, help_text=_("What a person decided, and why.")
    )
    resolution_parameters = parameters_field()
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    first_in_lane: dict[str, Any] | None
    """What ``with_wait`` read along."""
    attempts_read: list[dict[str, Any]]
    """What ``with_attempts`` read along."""

    objects = HandoffQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("replay_handoff", "Can replay, skip and settle handoffs")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lane", "position"], name="handoff_position_unique"),
            models.UniqueConstraint(fields=["event", "lane"], name="handoff_event_once_per_lane"),
            models.CheckConstraint(
                condition=Q(holds_lane=False) | Q(state="needs_attention"),
                name="handoff_holds_lane_when_refused",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="handoff_by_state"),
            models.Index(
                fields=["lane", "position"],
                condition=Q(
                    state__in=[
                        "queued",
                        "sending",
                        "retrying",
                        "needs_attention",
                        "unknown_outcome",
                    ]
                ),
                name="handoff_waiting",
            ),
            models.Index(fields=["message_id"], name="handoff_by_message_id"),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.lane.connection}"

    @property
    def display_cause(self) -> str:
        """Why it is not delivered, in the language of its reader."""
        return written(self.cause, self.cause_parameters)

    @property
    def display_resolution(self) -> str:
        """What a person decided and why, in the language of its reader."""
        return written(self.resolution, self.resolution_parameters)


class Attempt(models.Model):
    """Append-only evidence of one request to an external system: its answer and duration."""

    class Verb(models.TextChoices):
        PUSH = "push", _("Sent")
        FIND = "find", _("Looked up")

    class Outcome(models.TextChoices):
        DONE = "done", _("Delivered")
        NO_REFERENCE = "no_reference", _("Accepted without a reference")
        FOUND = "found", _("Found by look-up")
        NOT_FOUND = "not_found", _("Not found by look-up")
        UNREACHABLE = "unreachable", _("Not available")
        BUSY = "busy", _("Asked to wait")
        REFUSED = "refused", _("Refused")
        BEHIND = "behind", _("Edited there since")
        AUTH_FAILED = "auth_failed", _("Signature refused")
        GONE = "gone", _("Gone")
        BLOCKED = "blocked", _("Address not usable")
        UNSIGNED = "unsigned", _("Not sent: no secret to sign with")
        UNKNOWN = "unknown", _("Unknown outcome")

    id = identifier()
    handoff = models.ForeignKey(Handoff, on_delete=models.PROTECT, related_name="attempts")
    verb = models.CharField(max_length=4, choices=Verb, default=Verb.PUSH)
    outcome = models.CharField(max_length=12, choices=Outcome)
    url = models.CharField(max_length=500, blank=True)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField()
    detail = models.CharField(max_length=500, blank=True)
    detail_parameters = parameters_field()
    response_head = models.TextField(blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        triggers: ClassVar = [AppendOnly()]

    def __str__(self) -> str:
        return gettext("%(outcome)s after %(duration)d ms") % {
            "outcome": self.get_outcome_display(),
            "duration": self.duration_ms,
        }

    @property
    def display_detail(self) -> str:
        """Why it failed, in the language of its reader."""
        return written(self.detail, self.detail_parameters)

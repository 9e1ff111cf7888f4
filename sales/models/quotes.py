"""Quotes, their lines and their approvals."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import custom_values_index, identifier
from common.history import keeps_history
from crm.models import Opportunity, OwnedQuerySet, User
from sales.models.companies import company_day
from sales.models.documents import Document, DocumentLine
from sales.models.line_constraints import never_ahead, never_charged
from sales.models.triggers import keeps_issued, line_triggers


class QuoteQuerySet(OwnedQuerySet["Quote"]):
    """Reads of quotes."""

    def expired(self) -> QuoteQuerySet:
        """Keep active quotes past their last day, as their company counts days."""
        return self.filter(status=Quote.Status.ACTIVE, valid_until__lt=company_day())

    def expiring_soon(self) -> QuoteQuerySet:
        """Keep active quotes whose last day is near; the same as ``Quote.expires_soon``."""
        return self.filter(
            status=Quote.Status.ACTIVE,
            valid_until__gte=company_day(),
            valid_until__lte=company_day() + models.Value(Quote.SOON),
        )


@keeps_history()
class Quote(Document):
    """An offer; activating it freezes a revision, revising makes the next one."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        ACTIVE = "active", _("Active")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")
        CANCELLED = "cancelled", _("Cancelled")
        SUPERSEDED = "superseded", _("Superseded")

    class LostReason(models.TextChoices):
        PRICE = "price", _("Price")
        COMPETITOR = "competitor", _("Competitor")
        TIMING = "timing", _("Timing")
        DECLINED = "declined", _("Declined by the customer")
        OTHER = "other", _("Other")

    TRANSITIONS: ClassVar = {
        Status.DRAFT: {Status.ACTIVE, Status.CANCELLED},
        Status.ACTIVE: {Status.WON, Status.LOST, Status.CANCELLED, Status.SUPERSEDED},
    }

    SOON = dt.timedelta(days=7)
    """A quote expires soon whose last day is no further away than that."""

    own_columns = ("valid_until",)

    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    revision = models.PositiveSmallIntegerField(default=0, editable=False)
    opportunity = models.ForeignKey(
        Opportunity, null=True, blank=True, on_delete=models.PROTECT, related_name="quotes"
    )
    revises = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="next_revision"
    )
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    content_hash = models.CharField(max_length=64, blank=True, editable=False)
    activated_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_reason = models.CharField(max_length=15, choices=LostReason, blank=True)
    closed_comment = models.TextField(blank=True)
    accepted_by_name = models.CharField(max_length=100, blank=True)
    accepted_by_email = models.EmailField(blank=True)
    accepted_from_ip = models.GenericIPAddressField(null=True, blank=True)

    objects = QuoteQuerySet.as_manager()

    class Meta(Document.Meta):
        abstract = False
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("approve_quote", "Can approve quotes")]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="quote_by_status"),
            models.Index(fields=["owner", "-id"], name="quote_by_owner"),
            models.Index(fields=["team", "-id"], name="quote_by_team"),
            models.Index(fields=["account", "-id"], name="quote_by_account"),
            custom_values_index("quote_custom"),
        ]
        constraints: ClassVar = [
            *Document.Meta.constraints,
            models.UniqueConstraint(
                fields=["number", "revision"],
                name="quote_revision_unique",
                violation_error_message=_("This quote has a revision of this number already."),
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(status="active"),
                name="quote_one_live_revision",
                violation_error_code="unique",
                violation_error_message=_("Another revision of this quote is active."),
            ),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"])
                | Q(number__isnull=False, revision__gte=1),
                name="quote_numbered_once_active",
                violation_error_message=_("A quote has a number and a revision once it is active."),
            ),
        ]
        triggers: ClassVar = [
            *Document.Meta.triggers,
            keeps_issued(
                "closed_at",
                "closed_reason",
                "closed_comment",
                "accepted_by_name",
                "accepted_by_email",
                "accepted_from_ip",
                "customer_reference",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} r{self.revision}" if self.revision else gettext("Draft quote")

    @property
    def is_active(self) -> bool:
        """Whether this revision is with the customer."""
        return self.status == self.Status.ACTIVE

    @property
    def is_won(self) -> bool:
        """Whether the customer accepted it: it became an order."""
        return self.status == self.Status.WON

    @property
    def expires_soon(self) -> bool:
        """Whether it is active and its last day is near, as its company counts days."""
        if not self.is_active or self.valid_until is None:
            return False
        return dt.timedelta(0) <= self.valid_until - self.company.today() <= self.SOON

    def may_be_decided_by(self, user: User) -> bool:
        """Whether the person may decide the approval: an owner does not approve their own quote."""
        return user.pk != self.owner_id or user.is_superuser

    def is_expired(self, on: dt.date | None = None) -> bool:
        """Whether the offer no longer stands on that day, or today where its company sits."""
        if not self.is_active or self.valid_until is None:
            return False
        return (on or self.company.today()) > self.valid_until


@keeps_history()
class QuoteLine(DocumentLine):
    """One offered item."""

    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="lines")

    class Meta(DocumentLine.Meta):
        abstract = False
        indexes: ClassVar = [models.Index(fields=["quote", "position"], name="quote_line_order")]
        constraints: ClassVar = [
            *DocumentLine.Meta.constraints,
            never_ahead("quote_line_asks_nothing_ahead"),
            never_charged("quote_line_never_charged"),
        ]
        triggers: ClassVar = line_triggers("quote")

    @property
    def document(self) -> Quote:
        """The document the line stands on."""
        return self.quote


@keeps_history()
class QuoteApproval(models.Model):
    """A decision about exactly this content of a quote: approved or refused."""

    id = identifier()
    quote = models.ForeignKey(Quote, on_delete=models.CASCADE, related_name="approvals")
    content_hash = models.CharField(max_length=64)
    content = models.JSONField(default=dict, editable=False)  # empty for decisions of long ago
    approved = models.BooleanField()
    comment = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-decided_at"]

    def __str__(self) -> str:
        decided = (
            gettext("Approved by %(person)s") if self.approved else gettext("Refused by %(person)s")
        )
        return decided % {"person": self.decided_by}


@keeps_history()
class ApprovalRule(models.Model):
    """A limit beyond which a quote needs approval before it is sent."""

    class Measure(models.TextChoices):
        DISCOUNT_RATE = "discount_rate", _("Discount above (rate)")
        MARGIN_RATE = "margin_rate", _("Margin below (rate)")
        TOTAL = "total", _("Total above (base currency)")

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    measure = models.CharField(max_length=15, choices=Measure)
    threshold = models.DecimalField(max_digits=20, decimal_places=5)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(measure="discount_rate", threshold__gte=0, threshold__lte=1)
                | Q(measure="margin_rate", threshold__gte=-1, threshold__lte=1)
                | Q(measure="total", threshold__gte=0),
                name="approval_rule_threshold_fits_measure",
                violation_error_message=_(
                    "Give a rate as a fraction: 0.1 is 10 %%; a total is 0 or above."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name

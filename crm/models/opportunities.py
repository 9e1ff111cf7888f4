"""Opportunities and the stages of the pipeline."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.amounts import check_amounts
from common.fields import (
    amount_field,
    currency_field,
    custom_values,
    custom_values_index,
    identifier,
    rate_field,
)
from common.history import keeps_history
from common.transitions import Stateful
from common.triggers import MovesLegally
from crm.models.accounts import Account, Contact
from crm.models.leads import Lead
from crm.models.ownership import Owned, OwnedQuerySet


@keeps_history()
class Stage(models.Model):
    """A stage of the pipeline with its usual probability of winning."""

    class Forecast(models.TextChoices):
        PIPELINE = "pipeline", _("Pipeline")
        BEST_CASE = "best_case", _("Best case")
        COMMITTED = "committed", _("Committed")

    id = identifier()
    name = models.CharField(max_length=50, unique=True)
    position = models.PositiveSmallIntegerField(unique=True)
    probability_rate = rate_field()
    forecast = models.CharField(max_length=10, choices=Forecast, default=Forecast.PIPELINE)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(probability_rate__gte=0, probability_rate__lte=1),
                name="stage_probability_is_a_rate",
                violation_error_message=_(
                    "Give the probability as a fraction from 0 to 1: 0.1 is 10 %%."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityQuerySet(OwnedQuerySet["Opportunity"]):
    """Reads of opportunities."""


@keeps_history()
class Opportunity(Owned, Stateful):
    """An opportunity: a possible sale to an account, in a stage of the pipeline."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        WON = "won", _("Won")
        LOST = "lost", _("Lost")

    class LostReason(models.TextChoices):
        PRICE = "price", _("Price")
        COMPETITOR = "competitor", _("Competitor")
        TIMING = "timing", _("Timing")
        NO_BUDGET = "no_budget", _("No budget")
        NO_DECISION = "no_decision", _("No decision")
        OTHER = "other", _("Other")

    TRANSITIONS: ClassVar = {
        Status.OPEN: {Status.WON, Status.LOST},
        Status.WON: {Status.OPEN},
        Status.LOST: {Status.OPEN},
    }

    id = identifier()
    status = models.CharField(max_length=5, choices=Status, default=Status.OPEN)
    name = models.CharField(max_length=200)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="opportunities")
    contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="opportunities"
    )
    lead = models.OneToOneField(
        Lead, null=True, blank=True, on_delete=models.PROTECT, related_name="opportunity"
    )
    stage = models.ForeignKey(Stage, on_delete=models.PROTECT, related_name="opportunities")
    currency = currency_field(default="EUR")
    expected_revenue = amount_field()
    revenue_is_computed = models.BooleanField(
        default=False, help_text=_("Take the expected revenue from the lines.")
    )
    actual_revenue = amount_field(null=True, blank=True, default=None)
    close_on = models.DateField(_("expected close"), null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    lost_reason = models.CharField(max_length=15, choices=LostReason, blank=True)
    competitor = models.CharField(max_length=100, blank=True)
    custom = custom_values()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OpportunityQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        verbose_name_plural = _("opportunities")
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="opportunity_by_status"),
            models.Index(fields=["owner", "-id"], name="opportunity_by_owner"),
            models.Index(fields=["team", "-id"], name="opportunity_by_team"),
            custom_values_index("opportunity_custom"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(expected_revenue__gte=0),
                name="opportunity_revenue_not_negative",
                violation_error_message=_(
                    "The expected revenue cannot be negative: give 0 or more."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status="lost") ^ Q(lost_reason=""),
                name="opportunity_lost_has_reason",
                violation_error_message=_(
                    "A lost opportunity has its reason, any other opportunity has none."
                ),
            ),
        ]
        triggers: ClassVar = [MovesLegally()]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse an expectation finer than its currency."""
        check_amounts(self, "expected_revenue")

    @property
    def is_open(self) -> bool:
        """Whether it is neither won nor lost: only then it is edited."""
        return self.status == self.Status.OPEN

    @property
    def revenue(self) -> Decimal:
        """What it brought if that is known, else what it is expected to bring."""
        known: Decimal | None = self.actual_revenue
        expected: Decimal = self.expected_revenue
        return expected if known is None else known

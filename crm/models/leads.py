"""Leads: people who may become customers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from common.fields import custom_values, custom_values_index, identifier
from common.history import keeps_history
from common.transitions import Stateful
from common.triggers import MovesLegally
from crm.models.accounts import Account, Contact
from crm.models.ownership import Owned, OwnedQuerySet


class LeadQuerySet(OwnedQuerySet["Lead"]):
    account_path = "qualified_account"


@keeps_history()
class Lead(Owned, Stateful):
    """A lead: a person or company that may become a customer; read-only once it is decided."""

    class Status(models.TextChoices):
        NEW = "new", _("New")
        CONTACTED = "contacted", _("Contacted")
        QUALIFIED = "qualified", _("Qualified")
        DISQUALIFIED = "disqualified", _("Disqualified")

    class Source(models.TextChoices):
        WEB = "web", _("Web")
        REFERRAL = "referral", _("Referral")
        TRADE_FAIR = "trade_fair", _("Trade fair")
        OUTBOUND = "outbound", _("Outbound")
        OTHER = "other", _("Other")

    class DisqualifiedReason(models.TextChoices):
        LOST = "lost", _("Lost")
        CANNOT_CONTACT = "cannot_contact", _("Cannot contact")
        NO_LONGER_INTERESTED = "no_longer_interested", _("No longer interested")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS: ClassVar = {
        Status.NEW: {Status.CONTACTED, Status.QUALIFIED, Status.DISQUALIFIED},
        Status.CONTACTED: {Status.QUALIFIED, Status.DISQUALIFIED},
        Status.QUALIFIED: {Status.CONTACTED},
        Status.DISQUALIFIED: {Status.CONTACTED},
    }

    OPEN: ClassVar = (Status.NEW, Status.CONTACTED)
    """The statuses of leads that can still be edited."""

    id = identifier()
    status = models.CharField(max_length=15, choices=Status, default=Status.NEW)
    topic = models.CharField(max_length=200)
    company_name = models.CharField(_("company"), max_length=200, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100)
    email = models.EmailField(_("e-mail address"), blank=True)
    phone = PhoneNumberField(blank=True)
    source = models.CharField(max_length=15, choices=Source, default=Source.OTHER)
    follow_up_on = models.DateField(null=True, blank=True)
    disqualified_reason = models.CharField(max_length=25, choices=DisqualifiedReason, blank=True)
    qualified_account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    qualified_contact = models.ForeignKey(
        Contact, null=True, blank=True, on_delete=models.PROTECT, related_name="leads"
    )
    qualified_at = models.DateTimeField(null=True, blank=True)
    custom = custom_values()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LeadQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="lead_by_status"),
            models.Index(fields=["owner", "-id"], name="lead_by_owner"),
            models.Index(fields=["team", "-id"], name="lead_by_team"),
            custom_values_index("lead_custom"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(status="qualified") | models.Q(qualified_account__isnull=False),
                name="lead_qualified_has_account",
                violation_error_message=_(
                    "A qualified lead names its account: qualify it instead."
                ),
            ),
            models.CheckConstraint(
                condition=models.Q(status="disqualified") ^ models.Q(disqualified_reason=""),
                name="lead_disqualified_has_reason",
                violation_error_message=_(
                    "A disqualified lead has its reason, any other lead has none."
                ),
            ),
        ]
        triggers: ClassVar = [MovesLegally()]

    def __str__(self) -> str:
        return self.topic

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def account_name(self) -> str:
        """What an account made of it is called: the company, or the person if there is none."""
        return self.company_name or self.full_name

    @property
    def is_open(self) -> bool:
        """Whether the lead can still be edited."""
        return self.status in self.OPEN

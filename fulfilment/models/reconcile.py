"""Reconcile runs: what each compared with another system, and what did not agree."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, optional_key, parameters_field, reference_field
from common.stored_sentences import written
from fulfilment.models.connections import Connection
from sales.models import Order


class ReconcileRun(models.Model):
    """A run that pages through what changed there, and looks again at what did not agree.

    ``cursor`` is that of the next page, ``read_count`` the number of orders on the pages before.
    Whoever holds ``lease_token`` goes on with it until ``leased_until``; after that anybody may.
    """

    class Purpose(models.TextChoices):
        NIGHTLY = "nightly", _("Nightly")
        ON_DEMAND = "on_demand", _("On demand")
        FIRST_LOAD = "first_load", _("First load")

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="runs")
    purpose = models.CharField(max_length=10, choices=Purpose)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    first_cursor = models.CharField(max_length=200, blank=True)
    cursor = models.CharField(max_length=200, blank=True)
    latest = models.CharField(
        max_length=200, blank=True, help_text=_("The cursor of their last change as it began.")
    )
    went_back = models.BooleanField(
        default=False, help_text=_("Their data are an older copy of what they were.")
    )
    sends_ours = models.BooleanField(
        default=False, help_text=_("Whether orders that they do not have are sent to them.")
    )
    sent_up_to = models.UUIDField(null=True, blank=True)
    looks_again_at = models.DateTimeField(null=True, blank=True)
    read_count = models.PositiveIntegerField(default=0)
    agree = models.PositiveIntegerField(default=0)
    taken_in = models.PositiveIntegerField(default=0)
    sent_again = models.PositiveIntegerField(default=0)
    in_flight = models.PositiveIntegerField(default=0)
    differs = models.PositiveIntegerField(_("differ"), default=0)
    missing_here = models.PositiveIntegerField(default=0)
    missing_there = models.PositiveIntegerField(default=0)
    most_repairs = models.PositiveIntegerField(default=0)
    reached_ceiling = models.BooleanField(
        default=False, help_text=_("More would have been repaired than it may.")
    )
    problem = models.CharField(max_length=300, blank=True)
    problem_parameters = parameters_field()
    lease_token = models.UUIDField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(ended_at__isnull=True),
                name="reconcile_run_one_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return gettext("%(purpose)s of %(connection)s") % {
            "purpose": self.get_purpose_display(),
            "connection": self.connection,
        }

    @property
    def display_problem(self) -> str:
        """Why it does not go on, in the language of its reader."""
        return written(self.problem, self.problem_parameters)


class ReconcileFinding(models.Model):
    """An order that did not agree at the first look of a run, and its status after the second.

    ``sequence`` is that of their order at the first look; empty if it was not read then.
    """

    class Status(models.TextChoices):
        AGREES = "agrees", _("Agrees")
        TAKEN_IN = "taken_in", _("Taken in")
        SENT_AGAIN = "sent_again", _("Sent again")
        IN_FLIGHT = "in_flight", _("In flight")
        DIFFERS = "differs", _("Differs")
        MISSING_HERE = "missing_here", _("Missing here")
        MISSING_THERE = "missing_there", _("Missing there")

    id = identifier()
    run = models.ForeignKey(ReconcileRun, on_delete=models.CASCADE, related_name="findings")
    order = optional_key(Order)
    external_id = reference_field()
    number = models.CharField(max_length=100, blank=True)
    sequence = models.BigIntegerField(null=True, blank=True)
    status = models.CharField(max_length=13, choices=Status)
    looked_again = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["run", "order", "external_id"],
                name="reconcile_finding_once",
                nulls_distinct=False,
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["run"], condition=Q(looked_again=False), name="reconcile_to_look_again"
            )
        ]

    def __str__(self) -> str:
        return f"{self.number or self.external_id}: {self.get_status_display()}"

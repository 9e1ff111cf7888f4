"""Periods in which a connection was disabled, and what was not queued for it meanwhile."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, reference_field
from common.history import keeps_history
from fulfilment.models.connections import Connection


@keeps_history()
class DisabledPeriod(models.Model):
    """Time in which a connection was disabled; its events of that time are never sent to it."""

    id = identifier()
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="disabled_periods"
    )
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    events = models.PositiveIntegerField(
        _("events not queued"), default=0, help_text=_("Counted when it was resumed.")
    )
    documents = ArrayField(
        reference_field(), default=list, blank=True, help_text=_("Numbers of what they are about.")
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["connection"],
                condition=Q(ended_at__isnull=True),
                name="disabled_period_open_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection}: {self.began_at:%Y-%m-%d %H:%M}"

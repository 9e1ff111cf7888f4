"""Teams, one below another."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models

from common.fields import identifier
from common.history import keeps_history


@keeps_history()
class Team(models.Model):
    """A group of people who share records; managers also see the teams below theirs."""

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="team_not_below_itself"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def with_teams_below(self) -> list[uuid.UUID]:
        """List this team's id and those of every team below it, in one query."""
        rows = Team.objects.raw(
            """
            WITH RECURSIVE below(id) AS (
                SELECT %s::uuid
                UNION
                SELECT child.id FROM crm_team child JOIN below ON child.parent_id = below.id
            )
            SELECT id FROM below
            """,
            [self.pk],
        )
        return [row.pk for row in rows]

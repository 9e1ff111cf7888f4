"""Teams: a tree; its members share records, and managers see those of the teams below."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, rate_field
from common.history import keeps_history

LIMIT_RULE = _("Give the discount limit as a fraction from 0 to 1: 0.1 is 10 %%.")
WITHIN_RATE = models.Q(discount_limit_rate__isnull=True) | models.Q(
    discount_limit_rate__gte=0, discount_limit_rate__lte=1
)

DEEPEST = 50
"""The most levels of teams; it ends the search if teams form a ring."""


@keeps_history()
class Team(models.Model):
    """A group of people who share records; managers also see the teams below theirs."""

    id = identifier()
    name = models.CharField(max_length=100, unique=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    discount_limit_rate = rate_field(
        verbose_name=_("discount limit"),
        null=True,
        blank=True,
        help_text=_("The most that members give off: 0.1 is 10 %. Empty: as the team above."),
    )

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=WITHIN_RATE,
                name="team_discount_limit_is_a_rate",
                violation_error_message=LIMIT_RULE,
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")),
                name="team_not_below_itself",
                violation_error_message=_(
                    "A team cannot be below itself: choose another team above it, or none."
                ),
            ),
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

    def with_teams_above(self) -> list[Team]:
        """List this team and those above it, the nearest first, in one query at most."""
        if self.parent_id is None:
            return [self]
        rows = Team.objects.raw(
            """
            WITH RECURSIVE above AS (
                SELECT crm_team.*, 0 AS distance FROM crm_team WHERE id = %s
                UNION ALL
                SELECT parent.*, above.distance + 1
                FROM above JOIN crm_team parent ON parent.id = above.parent_id
                WHERE above.distance < %s
            )
            SELECT * FROM above ORDER BY distance
            """,
            [self.pk, DEEPEST],
        )
        return list(rows)

    @property
    def discount_limit(self) -> Decimal | None:
        """The largest discount members may give: their team's or the nearest above; None is any."""
        limits = (team.discount_limit_rate for team in self.with_teams_above())
        return next((limit for limit in limits if limit is not None), None)

"""Ownership and visibility: who owns a record, and who may therefore see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models

from crm.models.partners import Partner
from crm.models.teams import Team
from crm.models.users import User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

ModelT = TypeVar("ModelT", bound=models.Model)


def sees_all_records(actor: User | Partner | AnonymousUser | None) -> bool:
    """Whether no record is kept from whoever asks: an active person who sees every team's."""
    return isinstance(actor, User) and actor.is_active and actor.sees_everything


class OwnedQuerySet(models.QuerySet[ModelT]):
    """Rows with an owner; every screen, API and export reads them through ``visible_to``."""

    owner_path: ClassVar[str] = ""
    """Where owner and team are found, when not on the row itself: ``"account__"``."""

    account_path: ClassVar[str] = "account"
    """The row's account, by which partners are let in."""

    def visible_to(self, actor: User | Partner | AnonymousUser | None) -> Self:
        """Keep the rows that this person or partner may see; anybody else gets none."""
        if isinstance(actor, Partner):
            granted = actor.accounts.values("pk") if actor.is_active else Partner.objects.none()
            return self.filter(**{f"{self.account_path}__in": granted})
        if not isinstance(actor, User) or not actor.is_active:
            return self.none()
        if actor.sees_everything:
            return self.all()
        mine = models.Q(**{f"{self.owner_path}owner": actor})
        if actor.visible_team_ids:
            mine |= models.Q(**{f"{self.owner_path}team__in": actor.visible_team_ids})
        return self.filter(mine)


class Owned(models.Model):
    """A record with an owner; it belongs to the owner's team."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Put a new record into its owner's team before saving."""
        if self._state.adding and self.team_id is None:
            self.team = self.owner.team
        super().save(*args, **kwargs)

"""Users: people who sign in."""

from __future__ import annotations

import uuid
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, rate_field
from common.history import keeps_history
from crm import roles
from crm.models.teams import LIMIT_RULE, WITHIN_RATE, Team


class UserManager(BaseUserManager["User"]):
    """Creates users, who are identified by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user who may sign in."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Create a user who may do everything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a user by e-mail address, whatever its case."""
        return self.get(email__iexact=username)


@keeps_history(without=("password", "last_login"))
class User(AbstractUser):
    """A colleague: rep, manager, back office, administrator or auditor."""

    id = identifier()
    username = None  # type: ignore[assignment]  # people sign in by e-mail address
    email = models.EmailField(_("e-mail address"), unique=True)
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="members"
    )
    discount_limit_rate = rate_field(
        verbose_name=_("discount limit"),
        null=True,
        blank=True,
        help_text=_("The most the person gives off: 0.1 is 10 %. Empty: as the team."),
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # the base declares a manager of its own user model

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_unique",
                violation_error_message=_("There is a user with this e-mail address already."),
            ),
            models.CheckConstraint(
                condition=WITHIN_RATE,
                name="user_discount_limit_is_a_rate",
                violation_error_message=LIMIT_RULE,
            ),
        ]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @cached_property
    def role_names(self) -> frozenset[str]:
        """The names of the person's roles, read once per request."""
        return frozenset(self.groups.values_list("name", flat=True))

    @property
    def sees_everything(self) -> bool:
        """Whether the person sees the records of every team."""
        return self.is_superuser or bool(self.role_names & roles.SEES_EVERYTHING)

    @property
    def reads_only(self) -> bool:
        """Whether the person may look but never change."""
        return not self.is_superuser and bool(self.role_names & roles.READS_ONLY)

    @property
    def enters_admin(self) -> bool:
        """Whether the person may open the admin, by role or by the staff flag."""
        return self.is_active and (self.is_staff or bool(self.role_names & roles.ENTERS_ADMIN))

    @cached_property
    def visible_team_ids(self) -> list[uuid.UUID]:
        """The teams whose records the person sees: their own, a manager's also those below."""
        if self.team is None:
            return []
        if roles.SALES_MANAGER in self.role_names:
            return self.team.with_teams_below()
        return [self.team.pk]

    @property
    def discount_limit(self) -> Decimal | None:
        """The largest discount this user may give: their own limit or their team's; None is any."""
        own: Decimal | None = self.discount_limit_rate
        return own if own is not None or self.team is None else self.team.discount_limit

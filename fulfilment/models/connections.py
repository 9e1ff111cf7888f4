"""Connections: external systems with their signing secrets and circuit breaker state."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier
from common.history import keeps_history
from sales.models import SalesEvent


@keeps_history()
class Connection(models.Model):
    """One external system that is sent events and reports status."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("Signed webhook")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        AUTH_FAILED = "auth_failed", _("Sign-in refused")
        GONE = "gone", _("Gone")
        DISABLED = "disabled", _("Disabled")

    id = identifier()
    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WEBHOOK)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    url = models.URLField(max_length=500)
    event_types = ArrayField(
        models.CharField(max_length=30, choices=SalesEvent.Type), default=list, blank=True
    )
    payload_version = models.PositiveSmallIntegerField(default=1)
    deadline_seconds = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    max_in_flight = models.PositiveSmallIntegerField(
        default=16, validators=[MinValueValidator(1), MaxValueValidator(64)]
    )
    allowed_networks = ArrayField(
        models.CharField(max_length=50),
        default=list,
        blank=True,
        help_text=_("Private networks this connection may reach, like 10.0.0.0/8."),
    )
    gives_references = models.BooleanField(
        default=True,
        help_text=_(
            "Answers with a reference of its own, and a message can be looked up by its id."
        ),
    )
    skips_refused = models.BooleanField(
        default=False, help_text=_("Continue with later handoffs when one is refused.")
    )
    config = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new connection gets its health record."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            Health.objects.get_or_create(connection=self)


class SecretQuerySet(models.QuerySet["Secret"]):
    def live(self, purpose: str, connections: Iterable[Connection]) -> SecretQuerySet:
        """Keep the secrets of these connections that are valid now, the newest first."""
        now = timezone.now()
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            purpose=purpose,
            connection__in=connections,
            active_from__lte=now,
        )


@keeps_history(without=("ciphertext",))
class Secret(models.Model):
    """A signing secret, encrypted at rest; during a rotation the old and the new one are valid."""

    class Purpose(models.TextChoices):
        OUTBOUND = "outbound", _("Signs what we send")
        INBOUND = "inbound", _("Verifies what we receive")

    id = identifier()
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="secrets")
    purpose = models.CharField(max_length=10, choices=Purpose)
    ciphertext = models.BinaryField()
    active_from = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = SecretQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-active_from"]

    def __str__(self) -> str:
        return gettext("%(purpose)s of %(connection)s") % {
            "purpose": self.get_purpose_display(),
            "connection": self.connection,
        }


class Health(models.Model):
    """Health of a connection: state of its circuit breaker, last success and last failure."""

    class Breaker(models.TextChoices):
        CLOSED = "closed", _("Closed")
        OPEN = "open", _("Open")
        HALF_OPEN = "half_open", _("Half open")

    connection = models.OneToOneField(
        Connection, primary_key=True, on_delete=models.CASCADE, related_name="health"
    )
    breaker = models.CharField(max_length=10, choices=Breaker, default=Breaker.CLOSED)
    failures_in_row = models.PositiveIntegerField(default=0)
    successes_in_row = models.PositiveIntegerField(default=0)
    openings = models.PositiveIntegerField(
        default=0,
        help_text=_("How often in a row the circuit breaker opened; each pause is longer."),
    )
    not_before = models.DateTimeField(
        null=True, blank=True, help_text=_("Nothing is sent before this moment.")
    )
    in_flight_limit = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_("Limit of concurrent requests while it recovers."),
    )
    window = models.JSONField(
        default=list,
        blank=True,
        help_text=_("Answers of the last minute: [second, successes, failures]."),
    )
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = _("health")

    def __str__(self) -> str:
        return f"{self.connection}: {self.get_breaker_display()}"

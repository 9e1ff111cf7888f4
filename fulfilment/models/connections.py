"""Connections: external systems with their signing secrets and circuit breaker state."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError
from common.fields import identifier
from common.history import keeps_history
from common.numbers import read_decimal
from fulfilment.addresses import check_url
from fulfilment.routes import sent_event_types


class InvalidConnection(DomainError):
    """A setting of a connection is not valid."""

    code = "invalid_connection"


LONGEST_DEADLINE = 60
"""The most seconds that an external system may have to answer."""

TOLERATED = ("invoice_tax", "invoice_total")
"""The figures for which ``config`` may say by how much they may differ."""


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

    class Duty(models.TextChoices):
        """What an external system does for us; the types that it reports begin with it."""

        WAREHOUSE = "warehouse", _("Warehouse: progress, shipments and returns of orders")
        ERP = "erp", _("ERP: invoices of record, credit notes and payments")

    id = identifier()
    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.WEBHOOK)
    status = models.CharField(max_length=12, choices=Status, default=Status.ACTIVE)
    url = models.CharField(
        verbose_name=_("URL"),
        max_length=500,
        validators=[check_url],
        help_text=_("Where messages are posted to, such as https://erp.example.com/hooks."),
    )
    event_types = ArrayField(
        models.CharField(max_length=30, choices=sent_event_types),
        default=list,
        blank=True,
        help_text=_("What it is sent, by the names of docs/asyncapi.yaml."),
    )
    reports_as = ArrayField(
        models.CharField(max_length=20, choices=Duty),
        default=list,
        blank=True,
        help_text=_("What it does for us: other reports of it are not applied."),
    )
    payload_version = models.PositiveSmallIntegerField(default=1)
    deadline_seconds = models.PositiveSmallIntegerField(
        default=15, validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DEADLINE)]
    )
    max_in_flight = models.PositiveSmallIntegerField(
        default=16, validators=[MinValueValidator(1), MaxValueValidator(64)]
    )
    gives_references = models.BooleanField(
        default=True,
        help_text=_("Answers what opens a record, an order or an invoice, with its reference."),
    )
    answers_look_ups = models.BooleanField(
        _("answers look-ups"),
        default=True,
        help_text=_("Says by GET {URL}/{id} whether a message arrived, when its answer was lost."),
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

    def clean(self) -> None:
        """Refuse a tolerance that is no amount."""
        try:
            for kind in TOLERATED:
                self.tolerance(kind)
        except InvalidConnection as error:
            raise ValidationError({"config": str(error)}) from error

    def may_report(self, message_type: str) -> bool:
        """Return whether messages of this type are among what it does for us."""
        return message_type.partition(".")[0] in self.reports_as

    def tolerance(self, kind: str) -> Decimal:
        """Return by how much a figure may differ: one amount for all, or one for each kind."""
        config = self.config if isinstance(self.config, dict) else {}
        given = config.get("tolerance", 0)
        value = given.get(kind, 0) if isinstance(given, dict) else given
        try:
            amount = read_decimal(str(value))
        except InvalidOperation:
            amount = Decimal(-1)
        if amount.is_finite() and amount >= 0:
            return amount
        raise InvalidConnection(
            gettext(
                "The tolerance of %(connection)s is “%(value)s”: "
                "write an amount like 0.01, or one for each of %(kinds)s."
            )
            % {"connection": self, "value": value, "kinds": ", ".join(TOLERATED)},
            field="config",
        )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new connection gets its health record."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            Health.objects.get_or_create(connection=self)


class SecretQuerySet(models.QuerySet["Secret"]):
    def live(self, purpose: str, connections: Iterable[Connection]) -> SecretQuerySet:
        """Keep the secrets of these connections that are valid now, the newest first."""
        return self.valid(purpose).filter(connection__in=connections)

    def valid(self, purpose: str) -> SecretQuerySet:
        """Keep the secrets of one direction that are valid now."""
        now = timezone.now()
        unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
        return self.filter(unexpired, purpose=purpose, active_from__lte=now)


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

"""Connections: external systems with their signing secrets and circuit breaker state."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.fields import identifier, parameters_field
from common.history import keeps_history
from common.stored_sentences import written
from common.triggers import CountsVersions
from crm.actors import ACTOR_KINDS
from crm.models import Partner
from fulfilment.addresses import check_url
from fulfilment.models.config_schemas import SCHEMAS, check_config
from fulfilment.models.supply_settings import SUPPLY_ONLY, SupplySettings
from fulfilment.models.tolerances import InvalidConnection, read_over_delivery, read_tolerance
from fulfilment.routes import PAYLOAD_VERSIONS, sent_event_types

LONGEST_DEADLINE = 60
"""The most seconds that an external system may have to answer."""


def check_payload_version(version: int) -> None:
    """Refuse a version of the messages that does not exist."""
    if version not in PAYLOAD_VERSIONS:
        known = ", ".join(map(str, PAYLOAD_VERSIONS))
        raise ValidationError(
            gettext("There is no payload version %(version)s: write one of %(known)s.")
            % {"version": version, "known": known}
        )


def check_code(code: str) -> None:
    """Refuse a code that would be read as the kind of an actor: a code says who reported."""
    if code.casefold() in ACTOR_KINDS:
        refusal = gettext(
            "“%(code)s” cannot be the code of a connection: what people, partners and Throughline "
            "itself enter is kept under such names. Choose another code."
        )
        raise ValidationError({"code": refusal % {"code": code}})


@keeps_history()
class Connection(SupplySettings):
    """One external system that is sent events and reports status."""

    class Kind(models.TextChoices):
        WEBHOOK = "webhook", _("Signed webhook")
        SUPPLY = "supply", _("Supply chain, by signed webhook")

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        AUTH_FAILED = "auth_failed", _("Signature refused")
        GONE = "gone", _("Gone")
        DISABLED = "disabled", _("Disabled")
        UNVERIFIED = "unverified", _("Not verified")

    class Duty(models.TextChoices):
        """What an external system does for us; the types that it reports begin with it."""

        WAREHOUSE = "warehouse", _("Warehouse: progress, shipments and returns of orders")
        ERP = "erp", _("ERP: invoices of record, credit notes and payments")
        SUPPLY = "supply", _("Supply chain: orders that both sides edit")

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
    companies = ArrayField(
        models.UUIDField(),
        default=list,
        blank=True,
        help_text=_("Whose documents it is sent; none chosen means those of every company."),
    )
    reports_as = ArrayField(
        models.CharField(max_length=20, choices=Duty),
        default=list,
        blank=True,
        help_text=_("What it does for us: other reports of it are not applied."),
    )
    payload_version = models.PositiveSmallIntegerField(
        default=PAYLOAD_VERSIONS[-1],
        validators=[check_payload_version],
        help_text=_("The version of the messages that it is sent."),
    )
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
    config = models.JSONField(
        default=dict,
        blank=True,
        help_text=_(
            'Further settings, such as {"tolerance": "0.01"}: by how much figures may differ.'
        ),
    )
    partner = models.ForeignKey(
        Partner,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="webhook_endpoints",
        help_text=_("Who registered it, and is sent only what it may see; empty for our own."),
    )
    verified_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the address of the partner answered the challenge."),
    )
    removed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("When its partner deleted it.")
    )
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]
        triggers: ClassVar = [CountsVersions()]
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("number_prefix"),
                condition=~Q(number_prefix=""),
                name="connection_prefix_unique",
                violation_error_message=_("Numbers of another connection begin with this."),
            ),
            models.CheckConstraint(
                condition=Q(partner__isnull=True)
                | Q(kind="webhook", reports_as=[], number_prefix=""),
                name="connection_of_partner_only_receives",
                violation_error_message=_(
                    "An endpoint of a partner only receives: it reports nothing and makes no "
                    "orders. Set up a connection of its own for that."
                ),
            ),
            models.CheckConstraint(
                condition=Q(status="unverified", partner__isnull=False, verified_at__isnull=True)
                | Q(status="disabled")
                | Q(partner__isnull=False, verified_at__isnull=False) & ~Q(status="unverified")
                | Q(partner__isnull=True) & ~Q(status="unverified"),
                name="connection_of_partner_is_verified",
                violation_error_message=_(
                    "An endpoint of a partner is sent to once its address answered the "
                    "challenge: its partner has it verified."
                ),
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True) | Q(partner__isnull=False, status="disabled"),
                name="connection_removed_is_disabled",
                violation_error_message=_(
                    "The partner deleted this endpoint: it stays disabled. It registers a new one."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_disabled(self) -> bool:
        """Whether nothing more is sent, queued and accepted until it is resumed."""
        return self.status == self.Status.DISABLED

    @property
    def shares_orders(self) -> bool:
        """Whether both sides edit orders: they are compared, and conflicts decided."""
        return bool(self.kind == self.Kind.SUPPLY)

    def clean(self) -> None:
        """Refuse settings that its kind does not have, and values that they cannot have."""
        if self._state.adding:
            check_code(self.code)
        if not self.shares_orders:
            only_there = gettext(
                "Only a connection to a supply-chain system has this: leave it empty."
            )
            given = [name for name in SUPPLY_ONLY if getattr(self, name)]
            if given:
                raise ValidationError(dict.fromkeys(given, only_there))
        if self.kind not in SCHEMAS:
            return
        try:
            check_config(self, self.kind, self.config)
        except InvalidConnection as error:
            raise ValidationError({"config": str(error)}) from error

    @property
    def problem(self) -> str:
        """What is wrong with its settings, which may be older than their checks; else empty."""
        try:
            self.clean_fields()
            self.clean()
        except ValidationError as error:
            wrong = {
                self._meta.get_field(name): found for name, found in error.message_dict.items()
            }
            return " ".join(
                f"{capfirst(getattr(field, 'verbose_name', ''))}: {' '.join(found)}"
                for field, found in wrong.items()
            )
        return ""

    def serves(self, company: uuid.UUID) -> bool:
        """Return whether documents of a company are exchanged with it."""
        return not self.companies or company in self.companies

    def may_report(self, message_type: str) -> bool:
        """Return whether messages of this type are among what it does for us."""
        return message_type.partition(".")[0] in self.reports_as

    def tolerance(self, kind: str) -> Decimal:
        """Return by how much a figure may differ: one amount for all, or one for each kind."""
        return read_tolerance(self, self.config, kind)

    def most_delivered(self, ordered: Decimal) -> Decimal:
        """Return how much of what is ordered may be delivered before a person is asked."""
        return ordered * (1 + read_over_delivery(self, self.config))

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save; a new connection gets its health record."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            Health.objects.get_or_create(connection=self)


def sharing_orders(connection: str = "") -> Q:
    """Keep connections whose orders both sides edit, or rows of one: ``connection`` leads to it."""
    return Q(**{f"{connection}__kind" if connection else "kind": Connection.Kind.SUPPLY})


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
    last_failure_parameters = parameters_field()

    class Meta:
        verbose_name_plural = _("health")

    def __str__(self) -> str:
        return f"{self.connection}: {self.get_breaker_display()}"

    @property
    def display_last_failure(self) -> str:
        """Why it last failed, in the language of its reader."""
        return written(self.last_failure, self.last_failure_parameters)

"""API clients with their secrets, and the responses kept for repeated requests."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from common.fields import identifier
from common.history import keeps_history
from crm.models import Partner
from fulfilment.models import Connection


@keeps_history(without=("client_secret", "older_secret", "last_used_at", "updated"))
class Client(AbstractApplication):  # type: ignore[misc]  # the toolkit ships no types
    """OAuth 2 client of a partner (client credentials, RFC 6749 section 4.4); no user has one.

    Secrets are stored hashed. After a rotation the older secret works until ``older_secret_until``.
    """

    id = identifier()
    user = None
    partner = models.OneToOneField(Partner, on_delete=models.CASCADE, related_name="client")
    connections: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        Connection,
        blank=True,
        related_name="+",
        help_text=_("For which it may report with its token, in place of a signature."),
    )
    older_secret = models.CharField(max_length=255, blank=True, editable=False)
    older_secret_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("API client")
        verbose_name_plural = _("API clients")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(authorization_grant_type="client-credentials")
                & Q(client_type="confidential"),
                name="client_uses_client_credentials",
            ),
            models.CheckConstraint(
                condition=Q(older_secret="") | Q(older_secret_until__isnull=False),
                name="client_older_secret_expires",
            ),
        ]

    def __str__(self) -> str:
        return str(self.client_id)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save a client that signs in with its own credentials and nothing else."""
        self.authorization_grant_type = self.GRANT_CLIENT_CREDENTIALS
        self.client_type = self.CLIENT_CONFIDENTIAL
        super().save(*args, **kwargs)


class StoredResponse(models.Model):
    """Response to a request with an idempotency key, written in the transaction of its effect.

    ``fingerprint`` is the SHA-256 of method, path, query and body, in hexadecimal digits. A body
    with a secret in it is encrypted.
    """

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    is_encrypted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["partner", "key"], name="idempotency_key_once"),
        ]

    def __str__(self) -> str:
        return self.key


class ExternalId(models.Model):
    """What a partner calls a record of ours in a system of its own."""

    class Record(models.TextChoices):
        ACCOUNT = "account", _("Account")
        ORDER = "order", _("Order")

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="external_ids")
    system = models.CharField(max_length=30)
    external_id = models.CharField(max_length=100)
    record_type = models.CharField(max_length=10, choices=Record)
    record_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["partner", "record_type", "system", "external_id"],
                name="external_id_names_one_record",
            ),
            models.UniqueConstraint(
                fields=["partner", "record_id", "system"], name="external_id_one_per_system"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.system}: {self.external_id}"

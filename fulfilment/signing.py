"""HMAC signatures of webhooks (Standard Webhooks), and encryption of their secrets at rest."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64
"""Bytes a secret may have, by the Standard Webhooks specification."""


class BadSignature(Exception):
    """The signature does not fit the body and the secret, or is more than five minutes off."""


def make_secret() -> str:
    """Return a new random signing secret."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_secret(secret: str) -> None:
    """Refuse a secret that is not ``whsec_`` and 24 to 64 bytes in base64."""
    try:
        size = len(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
    except binascii.Error:
        size = 0
    if not secret.startswith(PREFIX) or not SHORTEST <= size <= LONGEST:
        raise ValidationError(gettext("A signing secret is whsec_ and 24 to 64 bytes in base64."))


def encrypt(secret: str) -> bytes:
    """Encrypt a secret with the newest key of ``FIELD_ENCRYPTION_KEYS``."""
    return _cipher(tuple(settings.FIELD_ENCRYPTION_KEYS)).encrypt(secret.encode())


def decrypt(ciphertext: bytes | memoryview) -> str:
    """Decrypt a secret with whichever key it was encrypted with."""
    return _decrypt(bytes(ciphertext), tuple(settings.FIELD_ENCRYPTION_KEYS))


def readable(ciphertexts: Iterable[bytes | memoryview]) -> list[str]:
    """Decrypt the secrets that can be; the key of another one is not among ours any more."""
    found = []
    for ciphertext in ciphertexts:
        with suppress(InvalidToken):
            found.append(decrypt(ciphertext))
    return found


@lru_cache(maxsize=256)
def _decrypt(ciphertext: bytes, keys: tuple[str, ...]) -> str:
    return _cipher(keys).decrypt(ciphertext).decode()


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def sign(message_id: str, body: str, secrets_: Sequence[str], *, at: dt.datetime) -> dict[str, str]:
    """Return the signature headers of a body, with one signature per live secret."""
    moment = at.astimezone(dt.UTC)
    signatures = [_webhook(secret).sign(message_id, moment, body) for secret in secrets_]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def sign_look_up(message_id: str, secrets_: Sequence[str], *, at: dt.datetime) -> dict[str, str]:
    """Return the signature headers of a look-up: over ``{}``, and over its body, which is empty.

    Public libraries parse the body as JSON, and so refuse an empty one.
    """
    signed = [sign(message_id, body, secrets_, at=at) for body in ("{}", "")]
    signatures = " ".join(headers["webhook-signature"] for headers in signed)
    return signed[0] | {"webhook-signature": signatures}


def verify(headers: Mapping[str, str], body: bytes, secrets_: Sequence[str]) -> str:
    """Check the signature over the raw bytes and its age of ±5 minutes; return the message's id."""
    if not any(_matches(_webhook(secret), headers, body) for secret in secrets_):
        raise BadSignature(
            gettext("The signature is missing, wrong, or more than five minutes off.")
        )
    return next(value for name, value in headers.items() if name.lower() == "webhook-id")


class RawWebhook(Webhook):
    """Signs bytes as they are, of which not all need to be text."""

    def sign(self, msg_id: str, timestamp: dt.datetime, data: str) -> str:
        """Sign a text; what is no UTF-8 in it stands there as lone surrogates."""
        seconds = int(timestamp.replace(tzinfo=dt.UTC).timestamp())
        signed = f"{msg_id}.{seconds}.{data}".encode(errors="surrogateescape")
        signature = hmac.digest(self._whsecret, signed, "sha256")
        return f"v1,{base64.b64encode(signature).decode()}"


@lru_cache(maxsize=256)
def _webhook(secret: str) -> Webhook:
    return RawWebhook(secret)


def _matches(webhook: Webhook, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        text = body.decode(errors="surrogateescape")
        webhook.verify(text, dict(headers), json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError, TypeError):
        return False  # malformed headers surface as plain ValueErrors
    return True

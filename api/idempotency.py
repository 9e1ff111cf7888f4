"""Idempotency keys: a request that is repeated with its key is answered as the first time.

The response is stored in the transaction of the effect, so that both are kept or neither is. A
refused request has no effect, and none is stored of it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from api.models import StoredResponse
from api.refusals import InFlight, KeyReused, MissingKey
from common.advisory_locks import try_lock_name
from crm.models import Partner
from fulfilment import signing

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_FOR = dt.timedelta(days=7)
LONGEST_KEY = 255
KEPT_HEADERS = ("Content-Type", "ETag", "Location")


def key_of(request: Request) -> str:
    """Return the idempotency key of a request."""
    key: str = request.headers.get(HEADER, "")
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise MissingKey
    return key


def stored_response(request: Request, partner: Partner, key: str) -> HttpResponse | None:
    """Claim the key for this transaction: None for the first request, else the answer to it.

    Raises ``InFlight`` while another transaction has the key, and ``KeyReused`` if the first
    request was another one.
    """
    if not try_lock_name(f"{partner.pk} {key}"):
        raise InFlight
    first = StoredResponse.objects.filter(partner=partner, key=key).first()
    if first is None:
        return None
    if first.fingerprint != fingerprint(request):
        raise KeyReused
    headers = {**first.headers, REPLAYED: "true", "Cache-Control": "no-store"}
    body = signing.decrypt(first.body).encode() if first.is_encrypted else bytes(first.body)
    return HttpResponse(body, status=first.status, headers=headers)


def is_answered(partner: Partner, key: str) -> bool:
    """Return whether a request with the key was answered before."""
    return StoredResponse.objects.filter(partner=partner, key=key).exists()


def store_response(
    request: Request,
    partner: Partner,
    key: str,
    response: HttpResponse,
    *,
    has_secret: bool = False,
) -> None:
    """Store the response of this transaction under its key; one with a secret is encrypted."""
    body = response.content
    StoredResponse.objects.create(
        partner=partner,
        key=key,
        fingerprint=fingerprint(request),
        status=response.status_code,
        headers={name: response[name] for name in KEPT_HEADERS if name in response},
        body=signing.encrypt(body.decode()) if has_secret else body,
        is_encrypted=has_secret,
    )


def forget_old() -> int:
    """Delete responses that were kept long enough; return how many that were."""
    count, _of = StoredResponse.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    return count


def fingerprint(request: Request) -> str:
    """Return the SHA-256 of method, address and body."""
    http: Any = request._request
    content = f"{request.method} {http.get_full_path()}\n".encode() + http.body
    return hashlib.sha256(content).hexdigest()

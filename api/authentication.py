"""Authentication of partners: an OAuth 2 access token in the Authorization header (RFC 6750)."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from api.refusals import InvalidToken
from crm.models import Partner

SCHEME = b"bearer"


class BearerToken(BaseAuthentication):
    """Reads the partner of an access token in one statement."""

    def authenticate(self, request: Request) -> tuple[Partner, Any] | None:
        """Return the partner and the token; None without a token, for other authentications."""
        scheme, _space, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME:
            return None
        found = _token_of(token.strip())
        if found is None or not found.application.partner.is_active:
            raise InvalidToken
        return found.application.partner, found

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return "Bearer"


def _token_of(token: bytes) -> Any:
    """Find a live token by its SHA-256, which is all that is stored of it."""
    return (
        get_access_token_model()
        .objects.select_related("application__partner")
        .filter(
            token_checksum=hashlib.sha256(token).hexdigest(),
            expires__gt=timezone.now(),
            application__isnull=False,
        )
        .first()
    )

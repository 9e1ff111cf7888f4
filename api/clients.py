"""API clients: new secrets, and revocation of secrets and tokens."""

from __future__ import annotations

import datetime as dt
import secrets

from django.db import transaction
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from api.models import Client

OVERLAP = dt.timedelta(days=1)
"""How long the older secret works beside a new one."""

SECRET_BYTES = 48


@transaction.atomic
def rotate_secret(client: Client) -> str:
    """Give a client a new secret and return it; the one before works for a day."""
    secret = secrets.token_urlsafe(SECRET_BYTES)
    locked = Client.objects.select_for_update(of=("self",)).get(pk=client.pk)
    locked.older_secret = locked.client_secret
    locked.older_secret_until = timezone.now() + OVERLAP
    locked.client_secret = secret
    locked.save()
    return secret


@transaction.atomic
def revoke_old(client: Client) -> int:
    """End the older secret and every token at once; return how many tokens were valid."""
    Client.objects.filter(pk=client.pk).update(older_secret="", older_secret_until=None)
    tokens = get_access_token_model().objects.filter(application=client)
    valid: int = tokens.filter(expires__gt=timezone.now()).count()
    tokens.delete()
    return valid

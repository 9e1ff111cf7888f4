"""OAuth 2 server: which clients, secrets and scopes the token endpoint takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

from crm.models import Partner

Check = Callable[[Any], bool]


class PartnerScopes(BaseScopes):  # type: ignore[misc]  # the toolkit ships no types
    """Scopes of a client: those of its partner; all of them unless it asks for fewer."""

    def get_all_scopes(self) -> dict[str, str]:
        """Return every scope with its sentence."""
        return {scope.value: str(scope.label) for scope in Partner.Scope}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes that a client may ask for."""
        return list(application.partner.scopes) if application else list(self.get_all_scopes())

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Return the scopes of a request that names none."""
        return self.get_available_scopes(application, request)


class PartnerValidator(OAuth2Validator):  # type: ignore[misc]  # the toolkit ships no types
    """Checks clients of active partners, with the newer or the older of two live secrets."""

    def _authenticate_basic_auth(self, request: Any) -> bool:
        return _with_either_secret(request, super()._authenticate_basic_auth)

    def _authenticate_request_body(self, request: Any) -> bool:
        return _with_either_secret(request, super()._authenticate_request_body)

    def save_bearer_token(self, token: Any, request: Any, *args: Any, **kwargs: Any) -> None:
        """Store a token, and when the client was last used."""
        super().save_bearer_token(token, request, *args, **kwargs)
        type(request.client).objects.filter(pk=request.client.pk).update(
            last_used_at=timezone.now()
        )


def _with_either_secret(request: Any, check: Check) -> bool:
    """Check the secret that was sent against the newer one, then against the older one."""
    if check(request):
        return bool(request.client.partner.is_active)
    client = request.client
    if client is None or not client.older_secret or client.older_secret_until <= timezone.now():
        return False
    client.client_secret = client.older_secret
    return check(request) and client.partner.is_active

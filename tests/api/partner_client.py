"""A partner's program in tests: signs in with client credentials and speaks JSON."""

from __future__ import annotations

import itertools
import json
from typing import Any

from django.test import Client as HttpClient

from api.models import Client
from crm.models import Account, Partner

SECRET = "a-secret-of-more-than-forty-characters-0001"


def partner_with(
    *accounts: Account, name: str = "Reseller", scopes: list[str] | None = None, **fields: Any
) -> Partner:
    """Make a partner that was granted accounts, with all scopes unless some are named."""
    made = Partner.objects.create(
        name=name, scopes=list(Partner.Scope.values) if scopes is None else scopes, **fields
    )
    made.accounts.set(accounts)
    Client.objects.create(partner=made, client_id=f"client-of-{made.pk.hex}", client_secret=SECRET)
    return made


class PartnerHttp:
    """Requests of a partner."""

    def __init__(self, partner: Partner) -> None:
        self.http = HttpClient(raise_request_exception=False)
        self.partner = partner
        self.keys = itertools.count(1)
        self.token = self.get_token().json()["access_token"]

    def get_token(self, **fields: str) -> Any:
        """Ask for a token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": self.partner.client.client_id,
            "client_secret": SECRET,
            **fields,
        }
        return self.http.post("/oauth/token", form)

    def get(self, path: str, **query: Any) -> Any:
        """Read a resource."""
        return self.http.get(f"/api/v1{path}", query, headers=self._headers())

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """Write, with a new idempotency key unless one is given."""
        headers = {"Idempotency_Key": f"key-{next(self.keys)}", **headers}
        return self.send("post", path, body, **headers)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a body by a method of HTTP."""
        return getattr(self.http, method)(
            f"/api/v1{path}",
            json.dumps({} if body is None else body),
            content_type="application/json",
            headers={
                **self._headers(),
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if hasattr(self, "token") else {}

"""The partner of the sample data: a web shop that orders over REST for one customer."""

from __future__ import annotations

from decimal import Decimal

from django.utils.crypto import salted_hmac

from api.models import Client
from crm.models import Account, Partner
from demo.sample_data.customers import LAVOISIER

NAME = "Comptoir en ligne"
CLIENT_ID = "comptoir-en-ligne"


def client_secret() -> str:
    """Derive the secret from the checkout's own key, so that every demo prints the same one."""
    return salted_hmac("demo.partner", CLIENT_ID, algorithm="sha256").hexdigest()


def add_partner() -> None:
    """Add the partner and its API client, or give the client the secret that is printed."""
    partner, _made = Partner.objects.get_or_create(
        name=NAME,
        defaults={
            "scopes": Partner.Scope.values,
            "account_owner": customer().owner,
            "overrides_prices": True,
            "discount_limit_rate": Decimal("0.25"),
        },
    )
    partner.accounts.add(customer())
    client, _made = Client.objects.get_or_create(
        client_id=CLIENT_ID, defaults={"partner": partner, "client_secret": client_secret()}
    )
    client.client_secret = client_secret()
    client.save(update_fields=["client_secret"])


def customer() -> Account:
    """Return the customer that the partner orders for."""
    return Account.objects.get(domain=LAVOISIER.domain)

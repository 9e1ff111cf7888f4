"""The partner of the sample data signs in with what `make demo` prints, and orders."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client as Http

from demo.connections import Addresses
from demo.sample_data import load_everything
from demo.sample_data.partners import CLIENT_ID, add_partner, client_secret, customer
from demo.sign_ins import print_partner
from sales.models import Order, Product

pytestmark = pytest.mark.django_db


def test_orders_with_what_the_demo_prints(capsys: pytest.CaptureFixture[str]) -> None:
    load_everything(Addresses())
    add_partner()
    print_partner("http://localhost:8000")
    printed = capsys.readouterr().out
    http = Http()
    form = {"client_id": CLIENT_ID, "client_secret": client_secret()}

    token = http.post("/oauth/token", {"grant_type": "client_credentials", **form}).json()
    headers = {"Authorization": f"Bearer {token['access_token']}", "Idempotency-Key": "PO-1"}
    product = Product.objects.active().filter(kind=Product.Kind.GOODS).order_by("sku")[0]
    body: dict[str, Any] = {
        "name": "Web shop",
        "account": str(customer().pk),
        "currency": "EUR",
        "lines": [{"product": str(product.pk), "quantity": "3", "discount_percent": "10"}],
    }
    made = http.post(
        "/api/v1/orders", json.dumps(body), content_type="application/json", headers=headers
    )

    assert made.status_code == 201, made.content
    assert Order.objects.get(pk=made.json()["id"]).account == customer()
    assert [name in printed for name in (*form.values(), str(customer().pk))] == [True] * 3

"""The quick start of docs/partners.md, line by line against a server."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from pytest_django.live_server_helper import LiveServer

from sales.models import Invoice, Order
from tests.api.partner_client import SECRET, partner_with
from tests.api.test_integrators import DOCS
from tests.factories import Market

pytestmark = pytest.mark.django_db(transaction=True)
[QUICK_START] = re.findall(
    r"## Quick start\n.*?```sh\n(.*?)```", (DOCS / "partners.md").read_text(), re.DOTALL
)


def test_runs_as_it_is_written(live_server: LiveServer) -> None:
    market = Market()
    market.product("19.99", sku="GR-75")
    partner = partner_with(market.account)
    environment = {
        "URL": live_server.url,
        "CLIENT_ID": partner.client.client_id,
        "CLIENT_SECRET": SECRET,
        "ACCOUNT": str(market.account.pk),
    }

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", QUICK_START],
        env={**os.environ, **environment, "no_proxy": "*"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (done.returncode, done.stderr) == (0, "")
    order, invoice = Order.objects.get(), Invoice.objects.get()
    *shown, _next = done.stdout.splitlines()
    assert shown == [order.number, "shipped", "applied", "SI-77"]
    assert (order.fulfilment_status, invoice.official_number) == ("partly_shipped", "SI-77")

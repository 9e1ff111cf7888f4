from __future__ import annotations

import pytest
from django.test import Client
from pytest_httpserver import HTTPServer

from tests.factories import Market
from tests.fulfilment.conftest import INVOICE_EVENTS, ORDER_EVENTS, FarEnd, connect


@pytest.fixture
def market(db: None) -> Market:
    """A company, an account and a price list in euros, 20 % tax."""
    return Market()


@pytest.fixture
def rep(market: Market, client: Client) -> Client:
    """The market's rep, signed in."""
    client.force_login(market.rep)
    return client


@pytest.fixture
def warehouse(db: None, httpserver: HTTPServer) -> FarEnd:
    """The warehouse, which receives orders."""
    return connect(httpserver, "warehouse", ORDER_EVENTS)


@pytest.fixture
def erp(db: None, httpserver: HTTPServer) -> FarEnd:
    """The ERP, which receives invoices."""
    return connect(httpserver, "erp", INVOICE_EVENTS)

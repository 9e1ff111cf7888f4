"""Fixtures of the pages: a market, its rep signed in, and the systems of ``tests/fulfilment``."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.factories import Market
from tests.fulfilment.conftest import clerk, erp, invoice, market, order, warehouse

__all__ = ["clerk", "erp", "invoice", "market", "order", "warehouse"]


@pytest.fixture
def rep(market: Market, client: Client) -> Client:
    """The market's rep, signed in."""
    client.force_login(market.rep)
    return client

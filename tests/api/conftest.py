"""Fixtures of the API tests: a market and stubbed external systems, as in the fulfilment tests."""

from __future__ import annotations

import pytest
import redis
from django.conf import settings

from tests.api.partner_client import PartnerHttp, partner_with
from tests.factories import AccountFactory, Market
from tests.fulfilment.conftest import erp, invoice, market, order, warehouse

__all__ = ["erp", "invoice", "market", "order", "warehouse"]


@pytest.fixture(autouse=True)
def full_buckets() -> None:
    """Let every test begin with all of its requests left."""
    server = redis.Redis.from_url(settings.REDIS_URL)
    for key in server.scan_iter("throughline:rate:*"):
        server.delete(key)
    server.close()


@pytest.fixture
def http(market: Market) -> PartnerHttp:
    """A partner that was granted the account of the market."""
    return PartnerHttp(partner_with(market.account))


@pytest.fixture
def stranger(market: Market) -> PartnerHttp:
    """A partner that was granted another account."""
    return PartnerHttp(partner_with(AccountFactory.create(owner=market.rep), name="Stranger"))

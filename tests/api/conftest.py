"""Fixtures of the API tests: a market and stubbed external systems, as in the fulfilment tests."""

from __future__ import annotations

from tests.fulfilment.conftest import erp, invoice, market, order, warehouse

__all__ = ["erp", "invoice", "market", "order", "warehouse"]

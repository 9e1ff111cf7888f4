from __future__ import annotations

import pytest
from django.test import Client

from crm import roles
from sales.models import Quote
from sales.services.documents.drafts import draft_quote
from tests.factories import Market
from tests.sales.admin_pages import signed_in


@pytest.fixture
def market(db: None) -> Market:
    """A company, an account and a price list in euros, 20 % tax."""
    return Market()


@pytest.fixture
def quote(market: Market) -> Quote:
    """A draft quote without lines."""
    return draft_quote(actor=market.rep, account=market.account, name="Bar refit")


@pytest.fixture
def office(db: None) -> Client:
    """Somebody of the administrators."""
    return signed_in(roles.ADMINISTRATOR)


@pytest.fixture
def auditor(db: None) -> Client:
    """Somebody who may only look."""
    return signed_in(roles.AUDITOR)

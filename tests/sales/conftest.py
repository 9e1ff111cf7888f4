from __future__ import annotations

import pytest

from tests.factories import Market


@pytest.fixture
def market(db: None) -> Market:
    """A company, an account and a price list in euros, 20 % tax."""
    return Market()

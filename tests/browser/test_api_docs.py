"""The description of the REST API in a browser, under the content security policy."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Screen

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]


def test_shows_every_operation_to_everybody(screen: Screen) -> None:
    screen.page.goto("/api/docs")

    expect(screen.page.locator("#operations-orders-orders-create")).to_be_visible()
    expect(screen.page.locator("#operations-payments-payments-list")).to_be_visible()
    screen.check_no_errors()

"""In which language a page is written."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client

from sales.services.documents.drafts import draft_order
from tests.factories import Market
from web.record_urls import record_url


def test_only_languages_with_a_complete_catalogue_are_offered() -> None:
    assert [code for code, _ in settings.LANGUAGES] == ["en"]


@pytest.mark.django_db
def test_a_german_browser_gets_an_english_page_not_half_of_each(client: Client) -> None:
    market = Market()
    order = draft_order(account=market.account, name="Refit", actor=market.rep)
    client.force_login(market.rep)

    page = client.get(record_url(order), headers={"accept-language": "de"})

    assert page.headers["Content-Language"] == "en"
    assert "Order" in page.text
    assert "Reihenfolge" not in page.text

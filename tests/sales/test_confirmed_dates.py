"""Dates that a supply-chain system confirms: shown, and no change order."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from common.errors import IllegalTransition
from sales.models import SalesEvent
from sales.services.confirmed_dates import confirm_dates
from sales.services.errors import UnknownLine
from tests.factories import Market
from tests.sales.orders_from_elsewhere import SCM, drafted, submitted

DAY = dt.date(2026, 12, 24)


def test_confirms_dates_without_a_change_order_and_shows_them(
    client: Client, market: Market
) -> None:
    order = submitted(market)
    line, version = order.lines.order_by("position")[0], order.version
    client.force_login(market.rep)
    before = client.get(f"/orders/{order.pk}/").content.decode()

    confirm_dates(order.pk, {order.pk: DAY, line.pk: DAY}, actor=SCM)
    again = confirm_dates(order.pk, {line.pk: DAY}, actor=SCM)

    line.refresh_from_db()
    assert (line.confirmed_on, again.confirmed_on) == (DAY, DAY)
    assert (again.version, order.changes.count()) == (version + 1, 0)
    assert SalesEvent.objects.filter(subject_id=order.pk).latest("id").type == "order.progressed"
    after = client.get(f"/orders/{order.pk}/").content.decode()
    assert ["Confirmed delivery" in page for page in (before, after)] == [False, True]
    assert [page.count("confirmed for") for page in (before, after)] == [0, 1]


def test_takes_a_confirmed_date_away(market: Market) -> None:
    order = submitted(market)
    confirm_dates(order.pk, {order.pk: DAY}, actor=SCM)

    assert confirm_dates(order.pk, {order.pk: None}, actor=SCM).confirmed_on is None


def test_confirms_no_dates_of_drafts_or_of_lines_that_are_not_there(market: Market) -> None:
    draft, order = drafted(market), submitted(market)
    strange = draft.lines.first()
    assert strange is not None

    with pytest.raises(IllegalTransition, match="Submit it if it is a draft"):
        confirm_dates(draft.pk, {draft.pk: DAY}, actor=SCM)
    with pytest.raises(UnknownLine):
        confirm_dates(order.pk, {strange.pk: DAY, order.pk: DAY}, actor=SCM)

    order.refresh_from_db()
    assert order.confirmed_on is None

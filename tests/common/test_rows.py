"""Bulk update: many rows are saved in one statement, exactly as one by one."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.rows import save_columns
from sales.models import OrderLine
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from tests.factories import Market


def test_saves_numbers_words_relations_and_what_is_not_known(db: None) -> None:
    market = Market()
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    for price in ("10.00", "20.00", None):
        add_line(order, actor=market.rep, product=market.product(price))
    lines = list(order.lines.all())
    for place, line in enumerate(lines):
        line.description = f'It\'s no. {place} – \\ "quoted"'
        line.discount_rate = Decimal("0.05") if place else None
        line.position = 9 - place
        line.is_taken = place == 1
        line.price_list_item = None

    with CaptureQueriesContext(connection) as captured:
        save_columns(
            lines, ["description", "discount_rate", "position", "is_taken", "price_list_item"]
        )

    assert len(captured) == 1
    fields = ("pk", "description", "discount_rate", "position", "is_taken", "price_list_item")
    stored = OrderLine.objects.filter(order=order).order_by("-position").values_list(*fields)
    assert list(stored) == [
        (
            line.pk,
            line.description,
            line.discount_rate,
            line.position,
            line.is_taken,
            None,
        )
        for line in lines
    ]


def test_has_nothing_to_save_of_no_rows(db: None) -> None:
    with CaptureQueriesContext(connection) as captured:
        save_columns([], ["position"])
    assert not captured.captured_queries

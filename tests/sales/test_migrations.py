from __future__ import annotations

from decimal import Decimal

import pgtrigger
import pytest
from django.db import connection

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import (
    ApprovalRule,
    Company,
    DiscountBand,
    DiscountList,
    OpportunityLine,
    Order,
    OrderLine,
    PriceListItem,
)
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order
from sales.services.quotes import activate_quote
from tests.database_assertions import (
    HISTORY,
    migrate,
    migrate_to_latest,
    rows,
    run_data_steps,
    sql,
)
from tests.factories import Market, OpportunityFactory, PriceListItemFactory
from tests.sales.order_steps import placed


def test_derives_the_statuses_of_earlier_orders(market: Market) -> None:
    cancelled = placed(market)
    cancel_order(cancelled.pk, actor=market.rep, reason="Changed plans")
    returned = placed(market, quantity="10")
    line = returned.lines.get()
    record_shipment(returned.pk, actor=market.rep, lines={line.pk: Decimal(10)})
    invoice = invoice_order(
        returned.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(9)}
    )
    issue_invoice(invoice.pk, actor=market.rep)
    record_return(returned.pk, actor=market.rep, lines={line.pk: Decimal(1)})
    with pgtrigger.ignore():
        sql("UPDATE sales_order SET billing_status = 'to_invoice' WHERE status = 'cancelled'")
        sql(
            "UPDATE sales_order SET status = 'submitted', closed_at = NULL, "
            "billing_status = 'partly', fulfilment_status = 'shipped' WHERE status = 'completed'"
        )

    run_data_steps("sales", "0009_derive_statuses")

    derived = ["status", "billing_status", "fulfilment_status", "closed_at"]
    cancelled.refresh_from_db(fields=derived)
    returned.refresh_from_db(fields=derived)
    assert cancelled.billing_status == Order.Billing.NOTHING
    assert (returned.status, returned.billing_status) == ("completed", "invoiced")
    assert returned.fulfilment_status == Order.Fulfilment.PARTLY_RETURNED
    assert returned.closed_at is not None


def test_tells_apart_what_came_back_billed_credited_and_neither(market: Market) -> None:
    lines = []
    for billed, credited, returned in ((10, 3, 2), (6, 0, 4), (10, 1, 3)):
        order = placed(market, quantity="10")
        line = order.lines.get()
        record_shipment(order.pk, actor=market.rep, lines={line.pk: Decimal(10)})
        invoice = invoice_order(
            order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(billed)}
        )
        issue_invoice(invoice.pk, actor=market.rep)
        if credited:
            credit_invoice(
                invoice.pk,
                actor=market.rep,
                reason="Broken",
                quantities={invoice.lines.get().pk: Decimal(credited)},
                bill_again=False,
            )
        record_return(order.pk, actor=market.rep, lines={line.pk: Decimal(returned)})
        lines.append(line)
    with pgtrigger.ignore():
        sql(
            "UPDATE sales_orderline "
            "SET closed_returned_quantity = 0, returned_unbilled_quantity = 0"
        )

    run_data_steps("sales", "0028_match_closed_returns")
    run_data_steps("sales", "0031_split_returns")

    kept: list[tuple[object, ...]] = []
    for line in lines:
        line.refresh_from_db()
        kept.append(
            (
                line.closed_returned_quantity,
                line.returned_unbilled_quantity,
                line.units.billed_returned,
            )
        )
    assert kept == [(2, 0, 0), (0, 4, 0), (1, 0, 2)]
    assert not any(verify().values())


def test_forgets_costs_that_were_frozen_in_another_currency(db: None) -> None:
    market = Market(currency="JPY")
    foreign = market.product("10000", standard_cost=Decimal(50), cost_currency="EUR")
    own = market.product("10000", standard_cost=Decimal(8000), cost_currency="JPY")
    quotes = []
    for _ in range(2):
        quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
        for product in (foreign, own):
            add_line(quote, actor=market.rep, product=product)
        quotes.append(quote)
    issued, draft = quotes
    activate_quote(issued.pk, actor=market.rep)
    with pgtrigger.ignore():
        sql("UPDATE sales_quoteline SET unit_cost = 50 WHERE unit_cost IS NULL")

    run_data_steps("sales", "0013_approval_content")

    for quote in (issued, draft):
        costs = quote.lines.order_by("position").values_list("unit_cost", flat=True)
        assert list(costs) == [None, 8000]


def test_gives_earlier_events_and_change_orders_a_history(market: Market) -> None:
    order = placed(market)
    wish = {order.lines.get().pk: {"quantity": Decimal(4)}}
    change_order(order.pk, Changes(lines=wish), actor=market.rep, reason="One more")
    with pgtrigger.ignore():
        sql("DELETE FROM sales_saleseventhistory")
        sql("DELETE FROM sales_orderchangehistory")

    run_data_steps("sales", "0012_verified_figures")

    events = (
        "SELECT id, type, subject_id, data::text, actor_name, occurred_at FROM sales_salesevent"
    )
    changes = "SELECT id, order_id, version, difference::text, changed_at FROM sales_orderchange"
    for stored in (events, changes):
        assert rows(f"{stored}history WHERE pgh_label = 'insert'") == rows(stored) != set()


@pytest.mark.exhaustive
def test_earlier_prices_are_for_one_and_earlier_documents_round_half_up(market: Market) -> None:
    order = placed(market)
    opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
    add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("2.00"))
    before = rows("SELECT id, unit_price, quantity, net FROM sales_orderline")
    migrate("sales", "0019_deduction_lines")

    migrate("sales", "0020_price_quantities")

    assert rows("SELECT id, unit_price, quantity, net FROM sales_orderline") == before
    for model in (PriceListItem, OrderLine, OrderLine.pgh_event_model, OpportunityLine):  # type: ignore[attr-defined]  # set by the library
        assert set(model._default_manager.values_list("price_quantity", flat=True)) == {1}
    for model in (Company, Order, Order.pgh_event_model, OpportunityLine):  # type: ignore[attr-defined]  # set by the library
        rules = model._default_manager.values_list("rounding", "discount_method")
        assert set(rules) == {("half_up", "whole_line")}
    migrate_to_latest("sales")
    order.refresh_from_db()
    assert [str(each) for found in verify().values() for each in found] == []


def test_limits_typed_as_percentages_become_rates(db: None) -> None:
    typed = [
        ("discount_rate", "20", "0.2"),
        ("discount_rate", "0.15", "0.15"),
        ("discount_rate", "-1", "0"),
        ("margin_rate", "-20", "-0.2"),
        ("margin_rate", "500", "1"),
        ("total", "20000", "20000"),
    ]
    sql("ALTER TABLE sales_approvalrule DROP CONSTRAINT approval_rule_threshold_fits_measure")
    for number, (measure, threshold, _) in enumerate(typed):
        ApprovalRule.objects.create(name=str(number), measure=measure, threshold=Decimal(threshold))

    run_data_steps("sales", "0021_rates_and_bands")

    kept = ApprovalRule.objects.order_by("name").values_list("threshold", flat=True)
    assert list(kept) == [Decimal(after) for _, _, after in typed]


def test_a_negative_volume_discount_is_named_before_anything_changes(db: None) -> None:
    sql("ALTER TABLE sales_discountband DROP CONSTRAINT discount_band_not_negative")
    volume = DiscountList.objects.create(name="Volume", kind="amount", currency="EUR")
    DiscountBand.objects.create(discount_list=volume, discount_amount=Decimal(-1))

    with pytest.raises(ValueError, match="correct them in the admin first: Volume"):
        run_data_steps("sales", "0021_rates_and_bands")


def test_the_moment_of_change_of_a_price_list_is_the_one_in_its_history(market: Market) -> None:
    """A table and its history got the column by two statements, each with its own moment."""
    with pgtrigger.ignore():
        sql("UPDATE sales_pricelist SET updated_at = updated_at - interval '3 milliseconds'")
    assert len(verify()[HISTORY]) == 1

    run_data_steps("sales", "0035_price_list_changes")

    assert verify()[HISTORY] == []


def test_a_markup_below_minus_100_percent_becomes_that(market: Market) -> None:
    product = market.product(None)
    item = PriceListItemFactory.create(
        price_list=market.price_list,
        product=product,
        method=PriceListItem.Method.MARKUP_CURRENT,
        amount=None,
        percentage_rate=Decimal("-0.5"),
    )
    constraint = next(
        each
        for each in PriceListItem._meta.constraints
        if each.name == "price_list_item_markup_leaves_zero"
    )
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    with connection.schema_editor() as editor:
        editor.remove_constraint(PriceListItem, constraint)
    PriceListItem.objects.update(percentage_rate=Decimal(-2))

    run_data_steps("sales", "0041_markups_below_zero")

    item.refresh_from_db()
    assert item.percentage_rate == Decimal(-1)
    assert verify()[HISTORY] == []

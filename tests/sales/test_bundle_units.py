"""Bundles that are ordered: what is billed and closed of them follows their parts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import BundleItem, Invoice, InvoiceLine, Order, OrderLine, Product
from sales.services.change_order_records import NothingChanged
from sales.services.change_orders import Changes, change_order, close_rest
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.errors import NothingToInvoice, PartOfBundle, QuantityBelowDone
from sales.services.integrity.verification import verify
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from tests.database_assertions import run_data_steps, tamper
from tests.factories import Market
from tests.sales.order_steps import billed


@pytest.fixture
def bundle(market: Market) -> Product:
    """A set for 100.00, with two parts in it."""
    made = market.product("100.00", kind=Product.Kind.BUNDLE, name="Set")
    part = market.product("30.00", name="Part")
    BundleItem.objects.create(bundle=made, product=part, unit=part.default_unit, quantity=2)
    return made


@pytest.fixture
def order(market: Market, bundle: Product) -> Order:
    """Three sets, 360.00 with tax."""
    return ordered(market, bundle)


def ordered(market: Market, bundle: Product, *more: Product) -> Order:
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=bundle, quantity=Decimal(3))
    for product in more:
        add_line(draft, actor=market.rep, product=product, quantity=Decimal(5))
    return submit_order(draft.pk, actor=market.rep)


def line(order: Order, name: str) -> OrderLine:
    found: OrderLine = order.lines.select_related("product").get(description=name)
    return found


def ship(order: Order, market: Market, quantity: int, part: str = "Part") -> None:
    quantities = {line(order, part).pk: Decimal(quantity)}
    record_shipment(order.pk, actor=market.rep, lines=quantities)


def take_back(
    order: Order, market: Market, quantity: int, part: str = "Part", *, replace: bool = False
) -> None:
    quantities = {line(order, part).pk: Decimal(quantity)}
    record_return(order.pk, actor=market.rep, lines=quantities, replace=replace)


def close(order: Order, market: Market) -> Order:
    close_rest(order.pk, actor=market.rep, reason="They need no more")
    order.refresh_from_db()
    return order


def quantities(order: Order) -> dict[str, Decimal]:
    return {each.description: each.quantity for each in order.lines.all()}


def drafted(invoice: Invoice) -> list[tuple[str, int]]:
    """What an invoice bills, by line."""
    return [(each.description, int(each.quantity)) for each in invoice.lines.all()]


def found() -> list[str]:
    """Everything that the integrity checks name."""
    return [str(each) for differences in verify().values() for each in differences]


@pytest.mark.parametrize(
    ("shipped", "sets", "total"), [(4, 2, 240), (2, 1, 120), (5, 3, 360), (3, 2, 240)]
)
def test_closing_keeps_the_sets_of_which_a_part_left(
    market: Market, bundle: Product, shipped: int, sets: int, total: int
) -> None:
    order = ordered(market, bundle, market.product("10.00", name="Other"))
    ship(order, market, shipped)

    close(order, market)

    assert quantities(order) == {"Set": sets, "Part": 2 * sets, "Other": 0}
    assert order.total == total
    assert found() == []


def test_closing_keeps_all_that_was_shipped(market: Market, order: Order, bundle: Product) -> None:
    order = ordered(market, bundle, market.product("10.00", name="Other"))
    ship(order, market, 6)

    assert billed(order, market).total == 360
    close(order, market)

    assert (order.total, order.status) == (360, "completed")
    assert quantities(order) == {"Set": 3, "Part": 6, "Other": 0}


@pytest.mark.parametrize(("shipped", "total"), [(6, 360), (5, 240), (4, 240), (3, 120)])
def test_whole_sets_are_billed_as_shipped(
    market: Market, order: Order, shipped: int, total: int
) -> None:
    ship(order, market, shipped)

    assert billed(order, market).total == total
    assert found() == []


def test_a_part_of_a_set_alone_is_not_billed(market: Market, order: Order) -> None:
    ship(order, market, 1)

    with pytest.raises(NothingToInvoice):
        invoice_order(order.pk, actor=market.rep, what="shipped")


@pytest.mark.parametrize(("back", "total"), [(1, 240), (2, 240), (3, 120), (4, 120)])
def test_what_came_back_for_good_leaves_whole_sets_to_bill(
    market: Market, order: Order, back: int, total: int
) -> None:
    ship(order, market, 6)
    take_back(order, market, back)

    invoice = billed(order, market, what="all")

    order.refresh_from_db()
    assert (invoice.total, order.status, order.billing_status) == (total, "completed", "invoiced")
    assert found() == []


def test_nothing_is_billed_where_all_came_back(market: Market, order: Order) -> None:
    ship(order, market, 6)
    take_back(order, market, 6)

    order.refresh_from_db()
    assert (order.status, order.billing_status) == ("completed", "nothing")
    with pytest.raises(NothingToInvoice):
        invoice_order(order.pk, actor=market.rep, what="all")
    assert found() == []


def test_closing_cancels_what_did_not_leave_of_a_set_that_came_back(
    market: Market, order: Order
) -> None:
    ship(order, market, 5)
    take_back(order, market, 1)

    close(order, market)

    part, sets = line(order, "Part"), line(order, "Set")
    of_part = (part.quantity, part.cancelled_quantity, part.open_to_ship)
    of_sets = (sets.quantity, sets.returned_unbilled_quantity, sets.open_to_bill)
    assert [int(each) for each in of_part + of_sets] == [6, 1, 0, 3, 1, 2]
    assert [
        (each["what"], each["field"], each["before"], each["after"])
        for each in order.changes.get().difference
    ] == [("Part", "cancelled_quantity", None, "1")]
    assert drafted(billed(order, market)) == [("Set", 2), ("Part", 4)]
    order.refresh_from_db()
    assert (order.status, order.billing_status) == (Order.Status.COMPLETED, Order.Billing.INVOICED)
    assert found() == []


def test_a_corrected_return_opens_what_closing_cancelled_of_its_set(
    market: Market, order: Order
) -> None:
    ship(order, market, 5)
    take_back(order, market, 1)
    close(order, market)

    progress = {line(order, "Part").pk: Progress(Decimal(5), returned=Decimal(0))}
    record_progress(order, progress, actor=market.rep)

    part = line(order, "Part")
    assert [int(each) for each in (part.cancelled_quantity, part.open_to_ship)] == [0, 1]


def test_the_last_sets_are_billed_without_the_parts_of_those_that_came_back(
    market: Market, order: Order
) -> None:
    ship(order, market, 5)
    take_back(order, market, 1)

    invoice = invoice_order(order.pk, actor=market.rep)

    assert drafted(invoice) == [("Set", 2), ("Part", 4)]


@pytest.mark.parametrize(
    ("shipped", "returned", "is_billed", "sentence"),
    [
        (
            5, 0, False,
            (
                "1 of Part belong to a set that is shipped in part. "
                "Ship them, or record that the rest of the set came back for good."
            ),
        ),
        (
            6, 2, True,
            "2 of Part are billed and not shipped. Ship them, or credit them for good.",
        ),
        (
            6, 0, False,
            "it is shipped, billed or closed already.",
        ),
    ],
)  # fmt: skip
def test_says_what_to_do_where_nothing_can_be_closed(
    market: Market, order: Order, shipped: int, returned: int, sentence: str, *, is_billed: bool
) -> None:
    ship(order, market, shipped)
    if is_billed:
        billed(order, market)
    if returned:
        take_back(order, market, returned, replace=True)

    with pytest.raises(NothingChanged) as refused:
        close(order, market)

    start = "Nothing is left to close" if sentence.startswith("it is") else "Nothing can be closed"
    assert str(refused.value) == f"{start} on {order}: {sentence}"


def test_what_is_replaced_is_shipped_and_billed_as_before(market: Market, order: Order) -> None:
    ship(order, market, 6)
    take_back(order, market, 3, replace=True)

    assert line(order, "Set").shipped_quantity == 1
    ship(order, market, 3)

    assert billed(order, market).total == 360
    order.refresh_from_db()
    assert (order.status, found()) == ("completed", [])


def test_sets_that_are_billed_and_came_back_are_to_be_credited(
    market: Market, order: Order
) -> None:
    ship(order, market, 6)
    invoice = billed(order, market)
    take_back(order, market, 2)

    assert line(order, "Set").units.billed_returned == 1

    sets = {invoice.lines.get(description="Set").pk: Decimal(1)}
    note = credit_invoice(
        invoice.pk, actor=market.rep, reason="Back", quantities=sets, bill_again=False
    )

    assert note.total == 120
    assert line(order, "Set").units.billed_returned == 0
    assert line(order, "Part").units.billed_returned == 0
    assert found() == []


def test_crediting_a_set_for_good_closes_its_parts_for_shipping(
    market: Market, order: Order
) -> None:
    invoice = billed(order, market, what="all")
    sets = {invoice.lines.get(description="Set").pk: Decimal(1)}

    note = credit_invoice(
        invoice.pk, actor=market.rep, reason="Too many", quantities=sets, bill_again=False
    )

    credited = {each.description: each.quantity for each in note.lines.all()}
    assert (note.total, credited) == (120, {"Set": 1, "Part": 2})
    assert line(order, "Part").open_to_ship == 4
    ship(order, market, 4)
    order.refresh_from_db()
    assert (order.status, found()) == ("completed", [])


def test_the_parts_of_a_set_that_is_billed_stay_open_to_ship(market: Market, order: Order) -> None:
    invoice = billed(order, market, what="lines", quantities={line(order, "Set").pk: Decimal(1)})
    assert {each.description: each.quantity for each in invoice.lines.all()} == {
        "Set": 1,
        "Part": 2,
    }

    close(order, market)

    assert quantities(order) == {"Set": 1, "Part": 2}
    assert (line(order, "Part").open_to_ship, order.status) == (Decimal(2), "submitted")
    ship(order, market, 2)
    order.refresh_from_db()
    assert (order.total, order.status, found()) == (120, "completed", [])


def test_parts_are_neither_billed_nor_credited_nor_closed_by_themselves(
    market: Market, order: Order
) -> None:
    part = line(order, "Part")
    with pytest.raises(PartOfBundle, match="Part belongs to the bundle Set, and is billed"):
        invoice_order(order.pk, actor=market.rep, what="lines", quantities={part.pk: Decimal(2)})

    invoice = billed(order, market, what="all")
    of_part = InvoiceLine.objects.get(invoice=invoice, description="Part")
    with pytest.raises(PartOfBundle, match="choose the line of the bundle"):
        credit_invoice(
            invoice.pk, actor=market.rep, reason="Broken", quantities={of_part.pk: Decimal(2)}
        )

    assert not invoice.credit_notes.exists()


def test_the_line_of_a_bundle_is_not_shipped(market: Market, order: Order) -> None:
    with pytest.raises(PartOfBundle, match="Set is a bundle: give the quantities of its parts"):
        ship(order, market, 1, "Set")

    assert not order.shipments.exists()


def test_the_fewest_sets_count_that_every_part_makes(market: Market, bundle: Product) -> None:
    lamp = market.product("5.00", name="Lamp")
    BundleItem.objects.create(bundle=bundle, product=lamp, unit=lamp.default_unit, quantity=1)
    order = ordered(market, bundle)
    ship(order, market, 6)
    ship(order, market, 1, "Lamp")

    assert line(order, "Set").shipped_quantity == 1
    assert billed(order, market).total == 120

    ship(order, market, 2, "Lamp")
    assert billed(order, market).total == 240
    order.refresh_from_db()
    assert (order.status, found()) == ("completed", [])


def test_a_part_to_choose_is_shipped_and_billed_by_itself(market: Market, bundle: Product) -> None:
    lamp = market.product("5.00", name="Lamp")
    BundleItem.objects.create(
        bundle=bundle, product=lamp, unit=lamp.default_unit, quantity=1, is_required=False
    )
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(draft, actor=market.rep, product=bundle, quantity=Decimal(3))
    draft.lines.filter(description="Lamp").update(is_taken=True)
    order = submit_order(draft.pk, actor=market.rep)
    ship(order, market, 2, "Lamp")

    assert billed(order, market).total == 12
    ship(order, market, 6)
    assert billed(order, market).total == 360


def test_a_set_of_which_a_part_left_is_not_taken_off(market: Market, order: Order) -> None:
    ship(order, market, 5)
    fewer = Changes(lines={line(order, "Set").pk: {"quantity": Decimal(2)}})

    with pytest.raises(QuantityBelowDone, match="Part: 5 are shipped or billed, so 4 is too few"):
        change_order(order.pk, fewer, actor=market.rep)


def test_a_deleted_draft_frees_sets_and_parts(market: Market, order: Order) -> None:
    draft = invoice_order(
        order.pk, actor=market.rep, what="lines", quantities={line(order, "Set").pk: Decimal(2)}
    )

    delete_draft_invoice(draft.pk, actor=market.rep)

    assert set(order.lines.values_list("drafted_quantity", flat=True)) == {0}
    assert billed(order, market, what="all").total == 360


def test_verify_names_a_bundle_that_does_not_follow_its_parts(market: Market, order: Order) -> None:
    ship(order, market, 6)
    assert found() == []

    tamper("UPDATE sales_orderline SET shipped_quantity = 2 WHERE description = 'Set'")

    assert f"{order}, line 1: shipped quantity is 2, should be 3." in found()


def test_bundles_of_earlier_orders_follow_their_parts(market: Market, order: Order) -> None:
    ship(order, market, 6)
    billed(order, market, what="lines", quantities={line(order, "Set").pk: Decimal(2)})
    take_back(order, market, 3)
    columns = ("shipped_quantity", "returned_quantity", "returned_unbilled_quantity")
    followed = OrderLine.objects.values_list(*columns).get(description="Set")
    assert followed == (3, 2, 1)
    tamper(
        "UPDATE sales_orderline SET shipped_quantity = 0, returned_quantity = 0, "
        "returned_unbilled_quantity = 0 WHERE description = 'Set'"
    )

    run_data_steps("sales", "0036_bundles_follow_parts")

    assert OrderLine.objects.values_list(*columns).get(description="Set") == followed
    assert found() == []


def test_closing_keeps_the_parts_of_a_set_that_is_billed(market: Market, order: Order) -> None:
    ship(order, market, 2)
    take_back(order, market, 1)
    billed(order, market, what="all")
    take_back(order, market, 1)

    with pytest.raises(NothingChanged):
        close(order, market)

    part = line(order, "Part")
    assert [int(each) for each in (part.cancelled_quantity, part.open_to_ship)] == [0, 4]


def test_crediting_a_set_of_which_a_part_came_back_closes_what_did_not_leave(
    market: Market, order: Order
) -> None:
    sets = {line(order, "Set").pk: Decimal(1)}
    invoice = billed(order, market, what="lines", quantities=sets)
    ship(order, market, 1)
    take_back(order, market, 1)

    of_set = InvoiceLine.objects.get(invoice=invoice, description="Set")
    credit_invoice(
        invoice.pk,
        actor=market.rep,
        reason="Broken",
        bill_again=False,
        quantities={of_set.pk: Decimal(1)},
    )

    part = line(order, "Part")
    assert [int(each) for each in (part.closed_unshipped_quantity, part.open_to_ship)] == [1, 4]


def test_closed_parts_stay_cancelled_when_all_came_back(market: Market, order: Order) -> None:
    ship(order, market, 3)
    take_back(order, market, 1)
    close(order, market)
    take_back(order, market, 2)

    part = line(order, "Part")
    assert [int(each) for each in (part.cancelled_quantity, part.open_to_ship)] == [1, 0]
    assert found() == []

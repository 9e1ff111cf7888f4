"""Price sources: a price from an external system stays, and says where it is from."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from crm.actors import Actor, System
from sales.models import DiscountBand, DiscountList, DocumentLine, Order, PriceListItem, Product
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line, change_line
from sales.services.documents.readiness import check_ready
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.price_refresh import price_drift, refresh_prices
from sales.services.prices.pricing_input import lines_of
from tests.factories import Market

Source = DocumentLine.PriceSource
SCM = System("Supply chain", "scm")
PLANNER = System("Nightly run")
NINETY = Decimal(90)


@pytest.fixture
def product(market: Market) -> Product:
    """A machine for 100.00, a tenth off from 5 on."""
    product = market.product("100.00")
    tenth = DiscountList.objects.create(name="A tenth")
    DiscountBand.objects.create(discount_list=tenth, quantity_from=5, discount_rate=Decimal("0.1"))
    PriceListItem.objects.filter(product=product).update(discount_list=tenth)
    return product


@pytest.fixture
def order(market: Market, product: Product) -> Order:
    """A draft of five at the list price."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=product, quantity=Decimal(5))
    return order


def prices(order: Order) -> list[tuple[Decimal | None, Decimal, str, str]]:
    """Price, volume discount, source and origin of each line."""
    return [
        (line.unit_price, line.volume_discount, line.price_source, line.price_origin)
        for line in order.lines.order_by("position")
    ]


LISTED = (Decimal(100), Decimal(10), "list", "")
THEIRS = (NINETY, Decimal(0), "external", "Supply chain")
TYPED = (NINETY, Decimal(0), "typed", "")


def test_keeps_the_price_of_a_line_that_a_connection_adds(order: Order, product: Product) -> None:
    add_line(order, actor=SCM, product=product, quantity=Decimal(5), unit_price=NINETY)

    assert prices(order) == [LISTED, THEIRS]


def test_keeps_a_price_that_is_stated_to_be_from_outside(
    order: Order, market: Market, product: Product
) -> None:
    line = add_line(
        order,
        actor=market.rep,
        product=product,
        quantity=Decimal(5),
        unit_price=NINETY,
        price_source=Source.EXTERNAL,
    )

    assert (line.unit_price, line.volume_discount, line.net) == (NINETY, Decimal(0), 450)
    assert (line.price_source, line.price_list_item) == ("external", product_item(product))


def product_item(product: Product) -> PriceListItem:
    """Return the product's price on the list, which the line's is compared with."""
    return PriceListItem.objects.get(product=product)


def test_keeps_the_price_of_a_line_that_a_connection_adds_in_a_change_order(
    order: Order, market: Market, product: Product
) -> None:
    submit_order(order.pk, actor=market.rep)

    addition: NewLineFields = {"product": product, "quantity": Decimal(5), "unit_price": NINETY}
    change_order(order.pk, Changes(additions=[addition]), actor=SCM)

    assert prices(order) == [LISTED, THEIRS]


@pytest.mark.parametrize(
    ("who", "becomes"), [("connection", THEIRS), ("rep", TYPED), ("planner", TYPED)]
)
@pytest.mark.parametrize("is_submitted", [False, True])
def test_says_who_changed_a_price(
    order: Order,
    market: Market,
    who: str,
    becomes: tuple[object, ...],
    is_submitted: bool,
) -> None:
    actors: dict[str, Actor] = {"connection": SCM, "rep": market.rep, "planner": PLANNER}
    actor = actors[who]
    line = order.lines.get()
    if is_submitted:
        submit_order(order.pk, actor=market.rep)
        changes = Changes(lines={line.pk: {"unit_price": NINETY}})
        change_order(order.pk, changes, actor=actor)
    else:
        change_line(line, actor=actor, unit_price=NINETY)

    assert prices(order) == [becomes]


def test_forgets_where_a_price_was_from_once_somebody_types_another(
    order: Order, market: Market
) -> None:
    line = change_line(order.lines.get(), actor=SCM, unit_price=NINETY)

    change_line(line, actor=market.rep, unit_price=Decimal(95))
    assert prices(order) == [(Decimal(95), Decimal(0), "typed", "")]
    change_line(line, actor=market.rep, unit_price=None)
    assert prices(order) == [LISTED]


def test_keeps_a_price_from_outside_whatever_the_quantity_or_the_list_becomes(
    order: Order, market: Market, product: Product
) -> None:
    line = change_line(order.lines.get(), actor=SCM, unit_price=NINETY)
    PriceListItem.objects.filter(product=product).update(amount=Decimal(120))

    change_line(line, actor=market.rep, quantity=Decimal(7))
    order.refresh_from_db()
    assert price_drift(order) == []
    refresh_prices(order, actor=market.rep)
    submit_order(order.pk, actor=market.rep)
    change_order(order.pk, Changes(lines={line.pk: {"quantity": Decimal(9)}}), actor=market.rep)

    assert prices(order) == [THEIRS]
    order.refresh_from_db()
    check_ready(order, lines_of(order))


def test_tells_in_the_explanation_where_a_price_is_from(
    client: Client, order: Order, market: Market
) -> None:
    change_line(order.lines.get(), actor=SCM, unit_price=NINETY)
    submit_order(order.pk, actor=market.rep)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    client.force_login(market.rep)

    for kind, pk in (("orders", order.pk), ("invoices", invoice.pk)):
        page = client.get(reverse("sales:explanations", args=[kind, pk]))
        assert "The price is from Supply chain." in page.content.decode()

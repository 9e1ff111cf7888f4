"""Prices for 100: a price and the units it is for stay together, from the list to the credit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from common.errors import DomainError, NotAllowed
from fulfilment.services.shipments import record_shipment
from sales.models import (
    AnyLine,
    BundleItem,
    DiscountBand,
    DiscountList,
    DocumentLine,
    Order,
    OrderChange,
    PriceListItem,
    Product,
    Quote,
)
from sales.pricing.errors import InvalidQuantity
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.errors import PartOfBundle
from sales.services.integrity.verification import verify
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.factories import Market, PriceListItemFactory, UnitFactory
from tests.sales.order_steps import billed
from tests.sales.order_sums import agreed_with, sums_of

HUNDRED = Decimal(100)


@pytest.fixture
def screws(market: Market) -> Product:
    """Screws at 3.99 for 100."""
    return market.product("3.99", price_quantity="100", name="Screws")


@pytest.fixture
def quote(market: Market) -> Quote:
    return draft_quote(actor=market.rep, account=market.account, name="Workshop")


@pytest.fixture
def line(quote: Quote, market: Market, screws: Product) -> AnyLine:
    """250 screws."""
    return add_line(quote, actor=market.rep, product=screws, quantity=Decimal(250))


def price(line: DocumentLine) -> tuple[str | None, str]:
    """Return a price and the units it is for, as people write them."""
    amount = line.unit_price
    written = None if amount is None else f"{amount.normalize():f}"
    return written, f"{line.price_quantity.normalize():f}"


def found() -> list[str]:
    return [str(each) for differences in verify().values() for each in differences]


def test_takes_the_price_of_the_list_with_the_units_it_is_for(line: AnyLine) -> None:
    assert (price(line), line.price_source) == (("3.99", "100"), "list")
    assert (line.base, line.net, line.tax) == (Decimal("9.98"), Decimal("9.98"), Decimal("2.00"))


def test_goes_along_from_the_quote_to_the_last_credit_note(
    quote: Quote, line: AnyLine, market: Market
) -> None:
    activate_quote(quote.pk, actor=market.rep)
    revised = revise_quote(quote.pk, actor=market.rep)
    activate_quote(revised.pk, actor=market.rep)
    order = submit_order(accept_quote(revised.pk, actor=market.rep).pk, actor=market.rep)
    ordered = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={ordered.pk: Decimal(250)})

    parts = [
        billed(order, market, what="lines", quantities={ordered.pk: Decimal(quantity)})
        for quantity in (100, 100, 50)
    ]
    note = credit_invoice(parts[0].pk, actor=market.rep, reason="Wrong thread")
    again = billed(order, market, what="all")

    lines = [ordered, *(each.lines.get() for each in (*parts, note, again))]
    assert [price(each) for each in lines] == [("3.99", "100")] * 6
    assert [each.net for each in lines] == [
        Decimal(net) for net in ("9.98", "3.99", "3.99", "2.00", "3.99", "3.99")
    ]
    assert sums_of(order.invoices.all()) == agreed_with(order)
    assert found() == []


def test_changes_with_the_unit(line: AnyLine, market: Market, screws: Product) -> None:
    box = UnitFactory.create(group=screws.unit_group, name="box", factor=HUNDRED)
    listed = {"price_list": market.price_list, "product": screws, "unit": box}
    PriceListItemFactory.create(**listed, amount=Decimal("3.50"), price_quantity=Decimal(1))

    boxed = change_line(line, actor=market.rep, unit=box, quantity=Decimal(3))
    assert (price(boxed), boxed.net) == (("3.5", "1"), Decimal("10.50"))

    single = change_line(line, actor=market.rep, unit=screws.default_unit)
    assert (price(single), single.net) == (("3.99", "100"), Decimal("0.12"))


@pytest.mark.parametrize(
    ("typed", "shown", "net"),
    [
        ({"unit_price": Decimal("4.10"), "price_quantity": HUNDRED}, ("4.1", "100"), "10.25"),
        ({"unit_price": Decimal("0.05"), "price_quantity": Decimal(1)}, ("0.05", "1"), "12.50"),
        ({"unit_price": Decimal("4.10")}, ("4.1", "100"), "10.25"),
        ({"price_quantity": Decimal(1000)}, ("3.99", "1000"), "1.00"),
        (
            {"unit_price": Decimal("39.90"), "price_quantity": Decimal(1000)},
            ("39.9", "1000"),
            "9.98",
        ),
    ],
)
def test_is_typed_like_any_price_and_cleared_with_it(
    line: AnyLine, market: Market, typed: dict[str, Any], shown: tuple[str, str], net: str
) -> None:
    changed = change_line(line, actor=market.rep, **typed)
    assert (price(changed), changed.price_source) == (shown, "typed")
    assert changed.net == Decimal(net)

    back = change_line(line, actor=market.rep, unit_price=None, price_quantity=Decimal(1))
    assert (price(back), back.price_source, back.net) == (("3.99", "100"), "list", Decimal("9.98"))


def test_a_new_line_s_typed_price_is_for_one_unless_it_says_otherwise(
    quote: Quote, market: Market, screws: Product
) -> None:
    each = add_line(quote, actor=market.rep, product=screws, unit_price=Decimal("0.05"))
    by_the_thousand = add_line(
        quote,
        actor=market.rep,
        description="Labels",
        product_category=market.category,
        quantity=Decimal(500),
        unit_price=Decimal("12.50"),
        price_quantity=Decimal(1000),
    )
    assert price(each) == ("0.05", "1")
    assert (price(by_the_thousand), by_the_thousand.net) == (("12.5", "1000"), Decimal("6.25"))


def test_a_line_that_is_posted_as_it_stands_keeps_the_list_s_price(
    line: AnyLine, market: Market
) -> None:
    posted = change_line(
        line,
        actor=market.rep,
        quantity=Decimal(300),
        unit_price=Decimal("3.99"),
        price_quantity=HUNDRED,
    )
    assert (posted.price_source, posted.net) == ("list", Decimal("11.97"))


@pytest.mark.parametrize("quantity", ["0", "-100", "NaN", "sNaN", "1E+9", "0.000001", "1000001"])
def test_refuses_a_price_for_no_number_of_units(
    line: AnyLine, quote: Quote, market: Market, quantity: str
) -> None:
    wrong = Decimal(quantity)
    with pytest.raises(InvalidQuantity, match="price is for") as refusal:
        change_line(line, actor=market.rep, price_quantity=wrong)
    assert refusal.value.field == "unit_price"
    with pytest.raises(InvalidQuantity, match="price is for"):
        add_line(
            quote, actor=market.rep, product=line.product, unit_price=HUNDRED, price_quantity=wrong
        )

    line.refresh_from_db()
    assert (price(line), quote.lines.count()) == (("3.99", "100"), 1)


def test_other_units_need_the_right_to_override_prices(
    line: AnyLine, quote: Quote, market: Market
) -> None:
    group = market.rep.groups.get()
    group.permissions.remove(group.permissions.get(codename="override_price"))
    clerk = type(market.rep).objects.get(pk=market.rep.pk)

    with pytest.raises(NotAllowed, match="override prices"):
        change_line(line, actor=clerk, price_quantity=Decimal(1000))
    submitted = submitted_order(market, line.product)
    changes = Changes(lines={submitted.lines.get().pk: {"price_quantity": Decimal(1000)}})
    with pytest.raises(NotAllowed, match="override prices"):
        change_order(submitted.pk, changes, actor=clerk)

    line.refresh_from_db()
    assert (price(line), OrderChange.objects.count()) == (("3.99", "100"), 0)
    assert change_line(line, actor=clerk, quantity=Decimal(100)).net == Decimal("3.99")


def submitted_order(market: Market, product: Product | None) -> Order:
    """Submit an order of 250."""
    order = draft_order(actor=market.rep, account=market.account, name="Workshop")
    add_line(order, actor=market.rep, product=product, quantity=Decimal(250))
    return submit_order(order.pk, actor=market.rep)


class TestVolumeDiscounts:
    @pytest.fixture
    def discounts(self, screws: Product) -> DiscountList:
        """Half a cent off each screw from 1000 on."""
        made = DiscountList.objects.create(name="Screws", kind="amount", currency="EUR")
        DiscountBand.objects.create(
            discount_list=made, quantity_from=1000, discount_amount=Decimal("0.005")
        )
        PriceListItem.objects.filter(product=screws).update(discount_list=made)
        return made

    def test_an_amount_comes_off_each_unit(
        self, discounts: DiscountList, line: AnyLine, market: Market
    ) -> None:
        more = change_line(line, actor=market.rep, quantity=Decimal(2500))
        assert (more.volume_discount, more.net) == (Decimal("0.5"), Decimal("87.25"))

        fewer = change_line(line, actor=market.rep, quantity=Decimal(999))
        assert (fewer.volume_discount, fewer.net) == (0, Decimal("39.86"))

    def test_a_change_order_takes_the_band_of_the_new_quantity(
        self, discounts: DiscountList, market: Market, screws: Product
    ) -> None:
        order = submitted_order(market, screws)
        wish = {order.lines.get().pk: {"quantity": Decimal(2500)}}

        change_order(order.pk, Changes(lines=wish), actor=market.rep)

        line = order.lines.get()
        assert (line.volume_discount, line.net) == (Decimal("0.5"), Decimal("87.25"))
        assert found() == []


class TestChangeOrders:
    def test_a_price_for_other_units_is_a_change_like_any(
        self, market: Market, screws: Product
    ) -> None:
        order = submitted_order(market, screws)
        dearer = {"unit_price": Decimal(40), "price_quantity": Decimal(1000)}
        changes = Changes(lines={order.lines.get().pk: dearer})

        change = change_order(order.pk, changes, actor=market.rep)

        assert [(each["field"], each["before"], each["after"]) for each in change.difference] == [
            ("total", "11.98", "12"),
            ("unit_price", "3.99", "40"),
            ("price_quantity", "100", "1000"),
        ]
        line = order.lines.get()
        assert (price(line), line.price_source) == (("40", "1000"), "typed")
        assert line.net == Decimal("10.00")
        assert found() == []

    def test_other_units_for_what_is_billed_are_refused(
        self, market: Market, screws: Product
    ) -> None:
        order = submitted_order(market, screws)
        issue_invoice(invoice_order(order.pk, actor=market.rep, what="all").pk, actor=market.rep)
        wish = {order.lines.get().pk: {"price_quantity": Decimal(1000)}}

        with pytest.raises(DomainError, match="credit the invoice first"):
            change_order(order.pk, Changes(lines=wish), actor=market.rep)

        assert (price(order.lines.get()), OrderChange.objects.count()) == (("3.99", "100"), 0)


class TestBundles:
    @pytest.fixture
    def bundle(self, market: Market, screws: Product) -> Product:
        """A shelf with 40 screws, to which 100 more may be chosen."""
        shelf = market.product("60.00", kind=Product.Kind.BUNDLE)
        parts = {"bundle": shelf, "product": screws, "unit": screws.default_unit}
        BundleItem.objects.create(**parts, quantity=Decimal(40), is_required=True)
        spare = market.product("5.00", price_quantity="100", name="Spare screws")
        BundleItem.objects.create(
            bundle=shelf, product=spare, unit=spare.default_unit, quantity=100, is_required=False
        )
        return shelf

    def test_what_is_in_it_costs_nothing_and_what_may_be_chosen_its_list_price(
        self, quote: Quote, bundle: Product, market: Market
    ) -> None:
        add_line(quote, actor=market.rep, product=bundle, quantity=Decimal(2))
        shelf, included, spare = quote.lines.order_by("position")

        taken = change_line(spare, actor=market.rep, is_taken=True)

        assert [price(each) for each in (shelf, included, taken)] == [
            ("60", "1"),
            ("0", "1"),
            ("5", "100"),
        ]
        assert (taken.quantity, taken.net) == (200, Decimal("10.00"))
        with pytest.raises(PartOfBundle):
            change_line(included, actor=market.rep, price_quantity=HUNDRED)

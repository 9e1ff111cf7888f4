"""Statuses of an order, derived from how much of each line is shipped and billed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sales.models import Order, OrderLine, Product
from sales.services.billing.order_statuses import Statuses, derive_statuses, save_statuses
from tests.factories import Market
from tests.sales.order_steps import drafted, submitted

pytestmark = pytest.mark.django_db  # a complete order is one whose ledger is closed
Fulfilment = Order.Fulfilment
Billing = Order.Billing


def of_ten(*, service: bool = False, **done: int) -> OrderLine:
    """A line of ten, of which so many are shipped, invoiced and so on."""
    product = Product(kind=Product.Kind.SERVICE) if service else None
    quantities = {f"{name}_quantity": Decimal(count) for name, count in done.items()}
    return OrderLine(product=product, quantity=Decimal(10), **quantities)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([of_ten()], "not_started"),
        ([of_ten(shipped=4)], "partly_shipped"),
        ([of_ten(shipped=10), of_ten()], "partly_shipped"),
        ([of_ten(shipped=10, delivered=4)], "shipped"),
        ([of_ten(shipped=4, cancelled=6)], "shipped"),
        ([of_ten(shipped=10), of_ten(cancelled=10)], "shipped"),
        ([of_ten(shipped=10), of_ten(service=True)], "shipped"),
        ([of_ten(shipped=10, delivered=10)], "delivered"),
        ([of_ten(shipped=10, delivered=10, returned=4)], "partly_returned"),
        ([of_ten(shipped=10, returned=4, replaced=4)], "partly_shipped"),
        ([of_ten(shipped=14, delivered=14, returned=4, replaced=4)], "delivered"),
        ([of_ten(shipped=7, invoiced=10, credited=3, closed=3, closed_unshipped=3)], "shipped"),
        ([of_ten(shipped=4, returned=4)], "returned"),
    ],
)
def test_derives_the_fulfilment_status_from_goods(lines: list[OrderLine], status: str) -> None:
    assert derive_statuses(Order(), lines).fulfilment == status


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([of_ten(shipped=10)], "to_invoice"),
        ([of_ten(drafted=10)], "to_invoice"),
        ([of_ten(invoiced=4)], "partly"),
        ([of_ten(invoiced=4, drafted=6)], "partly"),
        ([of_ten(invoiced=10), of_ten(service=True)], "partly"),
        ([of_ten(invoiced=10, credited=4)], "partly"),
        ([of_ten(invoiced=10, credited=4, closed=4)], "invoiced"),
        ([of_ten(invoiced=4, cancelled=6)], "invoiced"),
        ([of_ten(invoiced=10, credited=10)], "credited"),
        ([of_ten(shipped=10, invoiced=6, returned=4, returned_unbilled=4)], "invoiced"),
        ([of_ten(shipped=6, invoiced=6, returned=4)], "partly"),
        ([of_ten(shipped=10, invoiced=6, returned=4, replaced=4)], "partly"),
        ([of_ten(shipped=10, returned=10, returned_unbilled=10)], "nothing"),
    ],
)
def test_derives_the_billing_status_from_everything_that_counts(
    lines: list[OrderLine], status: str
) -> None:
    option = OrderLine(quantity=Decimal(1), is_optional=True, is_taken=False)

    assert derive_statuses(Order(), [*lines, option]).billing == status


@pytest.mark.parametrize(
    ("lines", "is_complete"),
    [
        ([], False),
        ([of_ten(cancelled=10)], False),
        ([of_ten(shipped=10)], False),
        ([of_ten(invoiced=10)], False),
        ([of_ten(shipped=10, invoiced=4, drafted=6)], False),
        ([of_ten(shipped=10, invoiced=10, credited=1)], False),
        ([of_ten(shipped=10, invoiced=10)], True),
        ([of_ten(service=True, invoiced=10)], True),
        ([of_ten(shipped=10, invoiced=6, returned=4, returned_unbilled=4)], True),
    ],
)
def test_is_complete_when_nothing_is_left_to_ship_or_bill(
    lines: list[OrderLine], is_complete: bool
) -> None:
    assert derive_statuses(Order(currency="EUR"), lines).is_complete is is_complete


def test_completes_a_submitted_order_and_opens_it_again(market: Market) -> None:
    order = submitted(market, "1")
    done = Statuses(Fulfilment.SHIPPED, Billing.INVOICED, is_complete=True)

    assert save_statuses(order, done)
    order.refresh_from_db()
    assert (order.status, order.fulfilment_status) == ("completed", "shipped")
    assert order.billing_status == "invoiced"
    assert order.closed_at is not None
    assert not save_statuses(order, done)

    assert save_statuses(order, Statuses(Fulfilment.SHIPPED, Billing.PARTLY, is_complete=False))
    reopened = Order.objects.get(pk=order.pk)
    assert (reopened.status, reopened.billing_status) == ("submitted", "partly")
    assert reopened.closed_at is None


def test_never_completes_what_is_not_submitted(market: Market) -> None:
    order = drafted(market, "1")

    save_statuses(order, Statuses(Fulfilment.SHIPPED, Billing.INVOICED, is_complete=True))

    order.refresh_from_db()
    assert (order.status, order.closed_at) == ("draft", None)

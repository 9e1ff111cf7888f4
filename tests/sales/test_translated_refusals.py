"""Refusals in another language: a translator finds every sentence, whole and with its values.

The catalogue of these tests keeps of each sentence its values, between brackets: what is left of
English in a refusal was never looked up.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Unpack

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import translation

from common.errors import DomainError
from crm.models import CustomField
from crm.services.leads import disqualify_lead
from fulfilment.services.shipments import record_shipment
from sales.models import Invoice, Order, Quote
from sales.services.credit_notes import credit_invoice
from sales.services.customer_credit import apply_credit
from sales.services.documents.draft_fields import LineChanges
from sales.services.documents.drafts import change_head, draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.invoices import issue_invoice
from sales.services.opportunities import lose_opportunity
from sales.services.orders import hold_order, submit_order
from sales.services.payments import record_payment, refund_payment, write_off_invoice
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import LeadFactory, Market, OpportunityFactory, UnitFactory

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
PARAMETER = re.compile(r"%\(\w+\)[sd]|%%")


def pseudo_translated(sentence: str) -> str:
    """Keep the parameters of a sentence, between brackets."""
    return f"[{' '.join(each for each in PARAMETER.findall(sentence) if each != '%%')}]"


@pytest.fixture
def another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every sentence translated that is looked up."""
    translation.gettext("Note")  # binds the functions that are replaced now
    translation.ngettext("%(count)d time", "%(count)d times", 1)
    monkeypatch.setattr("django.utils.translation._trans.gettext", pseudo_translated)
    monkeypatch.setattr(
        "django.utils.translation._trans.ngettext",
        lambda one, many, count: pseudo_translated(one if count == 1 else many),
    )


def a_quote(market: Market, *, lines: int = 1) -> Quote:
    """A draft with lines of 100 euros."""
    quote = draft_quote(
        actor=market.rep,
        account=market.account,
        name="Bar refit",
        valid_until=market.company.today(),
    )
    for _ in range(lines):
        add_line(quote, actor=market.rep, product=market.product("100.00", sku="ESP"))
    return quote


def an_order(market: Market) -> Order:
    """A submitted order of two."""
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    product = market.product("100.00", sku="ESP")
    add_line(order, actor=market.rep, product=product, quantity=Decimal(2))
    return submit_order(order.pk, actor=market.rep)


def change(**fields: Unpack[LineChanges]) -> Callable[[Market], object]:
    """Change a line of a draft."""
    return lambda market: change_line(a_quote(market).lines.get(), actor=market.rep, **fields)


def count_in_another_group(market: Market) -> object:
    return change(unit=UnitFactory.create(name="kg"))(market)


def activate_nothing(market: Market) -> object:
    return activate_quote(a_quote(market, lines=0).pk, actor=market.rep)


def activate_unpriced(market: Market) -> object:
    market.price_list.name = "Retail"
    market.price_list.save()
    quote = a_quote(market, lines=0)
    for sku in ("ESP", "TMP"):
        add_line(quote, actor=market.rep, product=market.product(None, sku=sku))
    return activate_quote(quote.pk, actor=market.rep)


def activate_without_custom_field(market: Market) -> object:
    CustomField.objects.create(
        record_type="quote", key="dock", label="Dock", kind="text", is_required=True
    )
    return activate_quote(a_quote(market).pk, actor=market.rep)


def accept_too_late(market: Market) -> object:
    quote = activate_quote(a_quote(market).pk, actor=market.rep)
    with time_machine.travel(NOW + dt.timedelta(days=3)):
        return accept_quote(quote.pk, actor=market.rep)


def edit_an_issued_order(market: Market) -> object:
    return change_head(an_order(market), actor=market.rep, name="Else")


def edit_what_somebody_changed(market: Market) -> object:
    return change_head(a_quote(market), actor=market.rep, expected_version=0, name="Else")


def hold_without_a_reason(market: Market) -> object:
    return hold_order(an_order(market).pk, actor=market.rep, reason=" ")


def ship_too_much(market: Market) -> object:
    order = an_order(market)
    lines = {order.lines.get().pk: Decimal(3)}
    return record_shipment(order.pk, actor=market.rep, lines=lines, status="shipped")


def an_invoice(market: Market) -> Invoice:
    """An issued invoice of 120 euros."""
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Workshop")
    add_line(invoice, actor=market.rep, product=market.product("100.00"))
    return issue_invoice(invoice.pk, actor=market.rep)


def pay(amount: str, days: int = 0) -> Callable[[Market], object]:
    """Pay an invoice of 120 euros some days after today."""

    def paid(market: Market) -> object:
        return record_payment(
            an_invoice(market).pk,
            actor=market.rep,
            amount=Decimal(amount),
            received_on=NOW.date() + dt.timedelta(days=days),
        )

    return paid


def pay_another_amount(market: Market) -> object:
    pk, day = an_invoice(market).pk, NOW.date()
    for amount in (50, 60):
        paid = Decimal(amount)
        record_payment(pk, actor=market.rep, amount=paid, received_on=day, reference="R1")
    return None


def refund(amount: int) -> Callable[[Market], object]:
    """Refund some of an invoice that was paid, of which nothing or all was credited."""

    def refunded(market: Market) -> object:
        pk, today = an_invoice(market).pk, NOW.date()
        record_payment(pk, actor=market.rep, amount=Decimal(120), received_on=today)
        if amount:
            credit_invoice(pk, actor=market.rep, reason="Broken")
        return refund_payment(
            pk, actor=market.rep, amount=Decimal(amount), refunded_on=today, reason="Broken"
        )

    return refunded


def write_off_without_a_reason(market: Market) -> object:
    return write_off_invoice(an_invoice(market).pk, actor=market.rep, reason=" ")


def apply_credit_to_a_written_off_invoice(market: Market) -> object:
    invoice = an_invoice(market)
    write_off_invoice(invoice.pk, actor=market.rep, reason="Insolvent")
    return apply_credit(invoice.pk, actor=market.rep)


def give_a_code_nobody_knows(market: Market) -> object:
    return apply_promotion(a_quote(market), "SPRING", actor=market.rep)


def disqualify_without_a_reason(market: Market) -> object:
    return disqualify_lead(LeadFactory.create().pk, actor=market.rep, reason="")


def lose_without_a_reason(market: Market) -> object:
    opportunity = OpportunityFactory.create(account=market.account)
    return lose_opportunity(opportunity.pk, actor=market.rep, reason="")


@pytest.mark.usefixtures("another_language")
@pytest.mark.parametrize(
    ("action", "shown"),
    [
        (change(quantity=Decimal(-1)), "[]"),
        (change(quantity=Decimal("1.5")), "[1 2 1.5]"),
        (change(discount_amount=Decimal(101)), "[€101.00 €100.00]"),
        (change(discount_rate=Decimal("1.01")), "[101%]"),
        (count_in_another_group, "[ESP kg]"),
        (activate_nothing, "[]"),
        (
            activate_unpriced,
            "[1 Espresso machine [Retail (EUR) pc]] [2 Espresso machine [Retail (EUR) pc]]",
        ),
        (activate_without_custom_field, "[Dock]"),
        (accept_too_late, "[Q-2026-00001 r1 22 Nov 2026]"),
        (edit_an_issued_order, "[O-2026-00001 []]"),
        (edit_what_somebody_changed, "[[]]"),
        (hold_without_a_reason, "[]"),
        (ship_too_much, "[Espresso machine 3 2]"),
        (pay("0"), "[]"),
        (pay("0.001"), "[EUR 2]"),
        (pay("1", days=1), "[23 Nov 2026 22 Nov 2026]"),
        (pay("1", days=-1), "[INV-2026-00001 22 Nov 2026]"),
        (pay_another_amount, "[R1 €50.00 22 Nov 2026]"),
        (refund(0), "[INV-2026-00001]"),
        (refund(121), "[€120.00]"),
        (write_off_without_a_reason, "[]"),
        (apply_credit_to_a_written_off_invoice, "[INV-2026-00001]"),
        (give_a_code_nobody_knows, "[SPRING]"),
        (disqualify_without_a_reason, "[]"),
        (lose_without_a_reason, "[]"),
    ],
)
def test_shows_nothing_that_was_not_translated(
    market: Market, action: Callable[[Market], object], shown: str
) -> None:
    with time_machine.travel(NOW), pytest.raises(DomainError) as refusal:
        action(market)

    assert str(refusal.value) == shown


@pytest.mark.usefixtures("another_language")
def test_a_page_shows_the_refusal_translated(market: Market, client: Client) -> None:
    quote = a_quote(market, lines=0)
    client.force_login(market.rep)

    answer = client.post(reverse("sales:quote-activate", args=[quote.pk]))

    assert [shown.message for shown in get_messages(answer.wsgi_request)] == ["[]"]
    assert "There is nothing on this document yet" not in client.get(answer["Location"]).text

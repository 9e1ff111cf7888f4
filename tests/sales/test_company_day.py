"""The company's day: documents are dated, offered and due by it, whatever the server's clock.

Around midnight UTC it is another day in Berlin, Tokyo or Los Angeles; here another year, too.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from common.formatting import format_day
from sales.models import Invoice, Quote, TaxRate
from sales.services.documents.drafts import draft_invoice, draft_quote
from sales.services.documents.lines import add_line
from sales.services.errors import QuoteExpired
from sales.services.invoices import issue_invoice
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, OpportunityFactory

LATE = dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)
EARLY = dt.datetime(2027, 1, 1, 0, 30, tzinfo=dt.UTC)
OLD_YEAR, NEW_YEAR = dt.date(2026, 12, 31), dt.date(2027, 1, 1)
ONE_DAY = dt.timedelta(days=1)
DAYS = [
    pytest.param("Europe/Berlin", LATE, NEW_YEAR, id="Berlin 23:30"),
    pytest.param("Europe/Berlin", EARLY, NEW_YEAR, id="Berlin 00:30"),
    pytest.param("Asia/Tokyo", LATE, NEW_YEAR, id="Tokyo 23:30"),
    pytest.param("Asia/Tokyo", EARLY, NEW_YEAR, id="Tokyo 00:30"),
    pytest.param("America/Los_Angeles", LATE, OLD_YEAR, id="Los Angeles 23:30"),
    pytest.param("America/Los_Angeles", EARLY, OLD_YEAR, id="Los Angeles 00:30"),
]
AT_EACH_HOUR = pytest.mark.parametrize(("zone", "now", "day"), DAYS)


@pytest.fixture
def here(market: Market, zone: str, now: dt.datetime) -> Iterator[Market]:
    """A market whose company sits in the zone, at that moment."""
    market.company.time_zone = zone
    market.company.save()
    with time_machine.travel(now):
        yield market


@pytest.fixture
def signed_in(here: Market, client: Client) -> Client:
    """A browser in which the market's rep is signed in."""
    client.force_login(here.rep)
    return client


def offer(market: Market, valid_until: dt.date) -> Quote:
    """Activate a quote, a week before, that stands until a day."""
    with time_machine.travel(LATE - 7 * ONE_DAY):
        quote = draft_quote(
            actor=market.rep, account=market.account, name="Bar refit", valid_until=valid_until
        )
        add_line(quote, actor=market.rep, product=market.product())
        return activate_quote(quote.pk, actor=market.rep)


def ask(market: Market) -> Invoice:
    """Issue an invoice that is due on the day it is issued."""
    market.payment_terms.due_days = 0
    market.payment_terms.save()
    draft = draft_invoice(actor=market.rep, account=market.account, name="Machine")
    add_line(draft, actor=market.rep, product=market.product("100.00"))
    return issue_invoice(draft.pk, actor=market.rep)


@AT_EACH_HOUR
def test_dates_and_numbers_the_chain_by_the_day_of_the_company(here: Market, day: dt.date) -> None:
    quote = draft_quote(actor=here.rep, account=here.account, name="Bar refit", valid_until=day)
    add_line(quote, actor=here.rep, product=here.product())
    quote = activate_quote(quote.pk, actor=here.rep)
    order = submit_order(accept_quote(quote.pk, actor=here.rep).pk, actor=here.rep)
    invoice = issue_invoice(invoice_order(order.pk, actor=here.rep, what="all").pk, actor=here.rep)

    assert quote.number == f"Q-{day.year}-00001"
    assert order.number == f"O-{day.year}-00001"
    assert invoice.number == f"INV-{day.year}-00001"
    assert (invoice.issued_on, invoice.due_on) == (day, day + 30 * ONE_DAY)


@AT_EACH_HOUR
def test_shows_an_offer_on_its_last_day_as_what_it_is(
    here: Market, day: dt.date, signed_in: Client
) -> None:
    quote = offer(here, valid_until=day)
    page = signed_in.get(reverse("sales:quote-detail", args=[quote.pk])).content.decode()
    home = signed_in.get("/").content.decode()
    expired = signed_in.get("/quotes/?status=expired").content.decode()

    assert not quote.is_expired()
    assert "Expires today" in page
    assert str(quote) in home
    assert str(quote) not in expired
    assert accept_quote(quote.pk, actor=here.rep).quote == quote


@AT_EACH_HOUR
def test_shows_an_offer_past_its_last_day_as_expired(
    here: Market, day: dt.date, signed_in: Client
) -> None:
    quote = offer(here, valid_until=day - ONE_DAY)
    page = signed_in.get(reverse("sales:quote-detail", args=[quote.pk])).content.decode()
    home = signed_in.get("/").content.decode()
    expired = signed_in.get("/quotes/?status=expired").content.decode()

    assert quote.is_expired()
    assert f"{quote} was valid until {format_day(quote.valid_until)}: revise it" in page
    assert str(quote) not in home
    assert str(quote) in expired
    with pytest.raises(QuoteExpired):
        accept_quote(quote.pk, actor=here.rep)


@AT_EACH_HOUR
def test_waits_for_money_until_the_day_is_over_at_the_company(
    here: Market, day: dt.date, signed_in: Client, now: dt.datetime
) -> None:
    invoice = ask(here)
    shown = signed_in.get("/invoices/?status=overdue").content.decode()
    assert invoice.due_on == day
    assert not invoice.is_overdue()
    assert str(invoice) not in shown
    assert str(invoice) not in signed_in.get("/").content.decode()

    with time_machine.travel(now + ONE_DAY):
        shown = signed_in.get("/invoices/?status=overdue").content.decode()
        home = signed_in.get("/").content.decode()
        late = invoice.overdue_amount()

    assert late == Decimal("120.00")
    assert str(invoice) in shown
    assert "1 day late" in home


@AT_EACH_HOUR
def test_keeps_the_discount_for_money_that_came_on_its_last_day(
    here: Market, day: dt.date, signed_in: Client
) -> None:
    here.payment_terms.early_payment_rate = Decimal("0.02")
    here.payment_terms.early_payment_days = 0
    here.payment_terms.save()
    invoice = ask(here)
    form = signed_in.get(reverse("sales:invoice-pay", args=[invoice.pk])).content.decode()

    assert f'value="{day.isoformat()}"' in form
    assert "settles it" in form

    record_payment(invoice.pk, actor=here.rep, amount=Decimal("117.60"), received_on=day)
    invoice.refresh_from_db()
    assert invoice.status == Invoice.Status.PAID


@AT_EACH_HOUR
def test_takes_prices_and_taxes_of_the_day_of_the_company(here: Market, day: dt.date) -> None:
    here.price_list.valid_from = here.price_list.valid_to = day
    here.price_list.save()
    TaxRate.objects.update(valid_from=day, valid_to=day)
    opportunity = OpportunityFactory.create(account=here.account)
    wanted = add_opportunity_line(opportunity.pk, actor=here.rep, product=here.product("100.00"))
    invoice = ask(here)

    assert wanted.unit_price == Decimal("100.00")
    assert (invoice.tax, invoice.total) == (Decimal("20.00"), Decimal("120.00"))

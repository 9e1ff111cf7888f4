from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sales.models import Invoice, Order, Quote
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.quotes import activate_quote
from tests.factories import Market, OpportunityFactory
from tests.web.refusals import NO_DISCOUNTS, reason_shown
from web.record_urls import record_url

HTMX = {"HX-Request": "true"}


@pytest.fixture
def quote(market: Market) -> Quote:
    """A draft with two machines at 100.00."""
    drafted = draft_quote(actor=market.rep, account=market.account, name="Refit")
    add_line(drafted, actor=market.rep, product=market.product("100.00"), quantity=Decimal(2))
    drafted.refresh_from_db()
    return drafted


def line_address(quote: Quote, name: str = "line-change") -> str:
    [line] = quote.lines.all()
    return reverse(f"sales:{name}", kwargs={"kind": "quotes", "pk": quote.pk, "line": line.pk})


def row(**typed: str) -> dict[str, str]:
    stored = {"description": "Machine", "quantity": "2", "unit_price": "100", "discount": ""}
    return {**stored, **typed}


def statements(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_starts_a_quote_on_the_terms_of_the_account(rep: Client, market: Market) -> None:
    opportunity = OpportunityFactory.create(account=market.account)
    form = {
        "new_id": str(uuid.uuid4()),
        "name": "Refit",
        "account": str(market.account.pk),
        "opportunity": str(opportunity.pk),
    }

    first = rep.post("/quotes/new/", form)
    second = rep.post("/quotes/new/", form)

    quote = Quote.objects.get()
    assert first["Location"] == second["Location"] == record_url(quote)
    assert (quote.currency, quote.price_list, quote.owner) == ("EUR", market.price_list, market.rep)
    assert quote.opportunity == opportunity


def test_does_not_offer_to_an_account_of_another_team(rep: Client, market: Market) -> None:
    stranger = Market()

    response = rep.post(
        "/quotes/new/",
        {"new_id": str(uuid.uuid4()), "name": "Refit", "account": str(stranger.account.pk)},
    )

    assert response.status_code == 422
    assert not Quote.objects.exists()


def test_answers_a_changed_line_with_its_figures_alone(rep: Client, quote: Quote) -> None:
    response = rep.post(line_address(quote), row(quantity="3", discount="10%"), headers=HTMX)

    part = response.content.decode()
    assert response.status_code == 200
    assert "€270.00" in part
    assert "€324.00" in part
    assert part.count("<input") == part.count('<input type="hidden" name="seen"') == 1
    [line] = quote.lines.all()
    assert (line.quantity, line.discount_rate, line.net) == (3, Decimal("0.1"), 270)


def test_keeps_a_typed_line_that_is_refused(rep: Client, quote: Quote) -> None:
    response = rep.post(line_address(quote), row(discount="500"), headers=HTMX)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    [line] = quote.lines.all()
    assert (line.discount_amount, line.net) == (None, 200)


@pytest.mark.parametrize(
    "typed",
    [
        {"quantity": "two"},
        {"quantity": "-1"},
        {"unit_price": "-5"},
        {"discount": "much"},
        *({"discount": discount} for discount in NO_DISCOUNTS),
    ],
)
def test_refuses_what_is_no_number(rep: Client, quote: Quote, typed: dict[str, str]) -> None:
    version = quote.version

    response = rep.post(line_address(quote), row(**typed), headers=HTMX)

    assert response.status_code == 422
    assert response["X-Refused-Cells"] == " ".join(typed)
    quote.refresh_from_db()
    assert (quote.version, quote.total) == (version, Decimal(240))


def test_saves_a_line_without_scripts(rep: Client, quote: Quote) -> None:
    response = rep.post(line_address(quote), row(discount="20"))

    assert response["Location"] == f"{record_url(quote)}#lines"
    [line] = quote.lines.all()
    assert (line.discount_amount, line.net) == (Decimal(20), Decimal(180))


def test_adds_a_product_by_its_sku(rep: Client, market: Market, quote: Quote) -> None:
    product = market.product("40.00", sku="GR-75")
    address = reverse("sales:line-add", kwargs={"kind": "quotes", "pk": quote.pk})

    response = rep.post(address, {"q": "gr-75"}, headers=HTMX)

    assert response.status_code == 200
    assert "throughline:line-added" in response["HX-Trigger-After-Settle"]
    assert quote.lines.last() is not None
    assert [line.product for line in quote.lines.all()][-1] == product


def test_says_when_no_product_has_the_name(rep: Client, quote: Quote) -> None:
    address = reverse("sales:line-add", kwargs={"kind": "quotes", "pk": quote.pk})

    response = rep.post(address, {"q": "zeppelin"}, headers=HTMX)

    assert response.status_code == 422
    assert response["HX-Reswap"] == "none"
    assert quote.lines.count() == 1


@pytest.mark.parametrize("headers", [HTMX, {}])
def test_refuses_a_character_that_no_text_may_contain(
    rep: Client, market: Market, quote: Quote, headers: dict[str, str]
) -> None:
    market.product("40.00", sku="GR-75")
    address = reverse("sales:line-add", kwargs={"kind": "quotes", "pk": quote.pk})

    response = rep.post(address, {"q": "gr-\x0075"}, headers=headers)

    page = response if headers else rep.get(response["Location"])
    assert "Product has a NUL character, which cannot be stored: type it without." in page.text
    assert quote.lines.count() == 1


def test_removes_a_line_once(rep: Client, quote: Quote) -> None:
    address = line_address(quote, "line-remove")

    assert rep.post(address, headers=HTMX).status_code == 200
    assert rep.post(address, headers=HTMX).status_code == 200
    assert not quote.lines.exists()


def test_edits_no_line_of_an_issued_document(rep: Client, market: Market, quote: Quote) -> None:
    activate_quote(quote.pk, actor=market.rep)

    response = rep.post(line_address(quote), row(quantity="9"), headers=HTMX)

    assert response.status_code == 422
    assert quote.lines.get().quantity == 2
    page = rep.get(record_url(quote)).content.decode()
    assert "Revise it to change anything" in page
    assert 'name="quantity"' not in page


def test_takes_a_quote_to_a_draft_invoice(rep: Client, quote: Quote) -> None:
    def press(action: str, record: Quote | Order | Invoice, **answers: str) -> str:
        response = rep.post(reverse(f"sales:{action}", args=[record.pk]), answers)
        assert response.status_code == 302, response.content.decode()
        return str(response["Location"])

    press("quote-activate", quote)
    accept = {"name": "Émile", "customer_reference": "PO-7"}
    first, second = (press("quote-accept", quote, **accept) for _ in range(2))
    order = Order.objects.get()
    assert first == second == record_url(order)
    assert order.customer_reference == "PO-7"

    press("order-submit", order)
    press("order-invoice", order, what="all")
    invoice = Invoice.objects.get()
    press("invoice-issue", invoice)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.total) == ("issued", Decimal(240))
    press("invoice-pay", invoice, amount="40", received_on=str(invoice.issued_on), reference="R1")
    invoice.refresh_from_db()
    assert (invoice.status, invoice.outstanding) == ("partly_paid", Decimal(200))


def test_says_why_an_order_is_not_submitted(rep: Client, market: Market) -> None:
    form = {"new_id": str(uuid.uuid4()), "name": "Empty", "account": str(market.account.pk)}
    rep.post("/orders/new/", form)
    order = Order.objects.get()

    response = rep.post(reverse("sales:order-submit", args=[order.pk]))

    assert (
        reason_shown(rep, response, order)
        == "There is nothing on this document yet: add a line first."
    )
    order.refresh_from_db()
    assert (order.status, order.number) == ("draft", None)


def test_warns_of_a_head_saved_by_another_user(rep: Client, market: Market, quote: Quote) -> None:
    address = reverse("sales:quote-edit", args=[quote.pk])
    page = rep.get(address)
    form = page.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    typed |= {"seen": page.context["seen"], "name": "Mine"}
    rep.post(line_address(quote), row(quantity="5"))

    response = rep.post(address, typed)

    assert response.status_code == 409
    assert response.context["form"].errors == {}
    assert "This record was saved while you were editing it." in response.context["problem"]
    quote.refresh_from_db()
    assert quote.name == "Refit"


def test_says_in_figures_as_typed_what_another_user_saved(
    rep: Client, market: Market, quote: Quote
) -> None:
    address = reverse("sales:quote-edit", args=[quote.pk])
    page = rep.get(address)
    form = page.context["form"]
    opened = {name: form[name].value() or "" for name in form.fields}
    opened |= {"seen": page.context["seen"], "valid_until": "2026-12-24"}
    theirs = {"discount_rate": "5", "freight": "12.50", "valid_until": "2027-01-31"}
    saved = rep.post(address, opened | theirs)
    assert saved.status_code == 302, saved.context["form"].errors

    response = rep.post(address, opened)

    assert response.status_code == 409
    assert response.context["problem"] == (
        "This record was saved while you were editing it. It now says: Discount on "
        "everything, %: 5; Freight: 12.5; Valid until: 31 Jan 2027. "
        "Save again to keep what you typed instead."
    )


def test_refuses_a_quote_that_is_valid_until_a_year_nobody_means(rep: Client, quote: Quote) -> None:
    address = reverse("sales:quote-edit", args=[quote.pk])
    page = rep.get(address)
    form = page.context["form"]
    opened = {name: form[name].value() or "" for name in form.fields}

    response = rep.post(
        address, opened | {"seen": page.context["seen"], "valid_until": "0001-01-01"}
    )

    assert response.status_code == 422
    assert response.context["form"].errors == {
        "valid_until": ["Valid until is a date between 1900 and 2199: correct the year."]
    }
    quote.refresh_from_db()
    assert quote.valid_until != dt.date(1, 1, 1)


def test_needs_the_same_statements_for_one_line_or_many(
    rep: Client, market: Market, quote: Quote
) -> None:
    rep.get(record_url(quote))
    few = statements(rep, record_url(quote))
    for _ in range(6):
        add_line(quote, actor=market.rep, product=market.product("5.00"))

    assert statements(rep, record_url(quote)) == few


@pytest.mark.parametrize("page", ["/quotes/", "/orders/", "/invoices/", "/products/"])
def test_needs_the_same_statements_for_one_row_or_many(
    rep: Client, market: Market, page: str
) -> None:
    def fill() -> None:
        document = draft_quote(actor=market.rep, account=market.account, name="Refit")
        add_line(document, actor=market.rep, product=market.product("10.00"))
        activate_quote(document.pk, actor=market.rep)
        rep.post(reverse("sales:quote-accept", args=[document.pk]), {"name": "Émile"})
        order = Order.objects.get(quote=document)
        rep.post(reverse("sales:order-submit", args=[order.pk]))
        rep.post(reverse("sales:order-invoice", args=[order.pk]), {"what": "all"})

    fill()
    rep.get(page)
    few = statements(rep, page)
    for _ in range(3):
        fill()

    assert statements(rep, page) == few


def test_types_where_the_goods_go_and_shows_it(rep: Client, market: Market) -> None:
    order = draft_order(
        actor=market.rep, account=market.account, name="Refit", requested_on=dt.date(2026, 12, 1)
    )
    address = reverse("sales:order-edit", args=[order.pk])
    page = rep.get(address)
    form = page.context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    assert [typed[part] for part in ("street", "city")] == ["14 quai de la Fosse", "Nantes"]

    rep.post(address, typed | {"seen": page.context["seen"], "street": "3 rue des Halles"})

    order.refresh_from_db()
    assert order.shipping_address == {
        "street": "3 rue des Halles",
        "postal_code": "44000",
        "city": "Nantes",
        "country": "FR",
    }
    shown = {fact.label: fact.value for fact in rep.get(record_url(order)).context["facts"]}
    assert shown["Ship to"] == "3 rue des Halles, 44000 Nantes, France"

"""The record of each kind of document."""

from __future__ import annotations

import pytest
from django.db.models import Q

from crm.models import Opportunity
from sales.models import (
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Quote,
    QuoteLine,
    SalesEvent,
    kind_by_url_word,
    kind_named,
    kind_of,
)
from sales.models.document_kinds import (
    DOCUMENT_KINDS,
    INVOICE,
    ORDER,
    QUOTE,
    REPORTED_KINDS,
    DocumentKind,
)

EACH_KIND = pytest.mark.parametrize("kind", DOCUMENT_KINDS, ids=lambda kind: kind.name)


@pytest.mark.parametrize(
    ("document", "name"), [(Quote(), "quote"), (Order(), "order"), (Invoice(), "invoice")]
)
def test_finds_the_kind_of_a_document(document: Quote | Order | Invoice, name: str) -> None:
    assert kind_of(document).name == name


@EACH_KIND
def test_finds_a_kind_by_its_name_and_by_its_word_in_urls(kind: DocumentKind) -> None:
    assert kind_named(kind.name) is kind
    assert kind_by_url_word(kind.url_word) is kind


def test_has_a_kind_for_every_subject_of_events() -> None:
    assert {kind.name for kind in DOCUMENT_KINDS} == set(SalesEvent.Subject.values)


@EACH_KIND
def test_names_the_field_by_which_lines_know_their_document(kind: DocumentKind) -> None:
    assert kind.line_model._meta.get_field(kind.line_owner).related_model is kind.model
    assert kind.model._meta.get_field("lines").related_model is kind.line_model


@EACH_KIND
def test_names_rights_that_django_has(kind: DocumentKind) -> None:
    name = kind.model._meta.model_name

    assert kind.view_permission == f"sales.view_{name}"
    assert kind.change_permission == f"sales.change_{name}"


@EACH_KIND
def test_has_events_of_its_own_alone(kind: DocumentKind) -> None:
    assert kind.drafted_event.value.startswith(f"{kind.name}.")
    assert kind.draft_event.value.startswith(f"{kind.name}.")


def test_external_systems_report_on_orders_and_invoices() -> None:
    assert REPORTED_KINDS == (ORDER, INVOICE)


def test_finds_an_invoice_by_its_official_number_too() -> None:
    assert ORDER.is_called("7") == Q(number__exact="7")
    assert INVOICE.is_called("7") == Q(number__exact="7") | Q(official_number__exact="7")
    assert INVOICE.is_called("7", "icontains") == Q(number__icontains="7") | Q(
        official_number__icontains="7"
    )


def test_names_each_kind_with_a_capital() -> None:
    assert [kind.label for kind in DOCUMENT_KINDS] == ["Quote", "Order", "Invoice"]


def test_offers_options_in_quotes_and_shows_the_progress_of_orders() -> None:
    assert [kind for kind in DOCUMENT_KINDS if kind.has_options] == [QUOTE]
    assert [kind for kind in DOCUMENT_KINDS if kind.has_progress] == [ORDER]


def test_locks_the_prices_of_what_is_no_draft() -> None:
    assert not Quote().prices_locked
    assert Quote(status=Quote.Status.ACTIVE).prices_locked
    assert Invoice(status=Invoice.Status.ISSUED).prices_locked
    assert Order(status=Order.Status.SUBMITTED).prices_locked


def test_locks_the_prices_of_a_draft_order_on_demand() -> None:
    assert not Order().prices_locked
    assert Order(prices_are_locked=True).prices_locked


def test_knows_which_documents_and_lines_bill_an_order() -> None:
    order = Order()
    ordered = OrderLine(order=order)

    assert Invoice(order=order).bills_order
    assert InvoiceLine(order_line=ordered).bills_order
    assert not Invoice().bills_order
    assert not InvoiceLine().bills_order
    assert not order.bills_order
    assert not ordered.bills_order


def test_knows_the_document_of_a_line() -> None:
    quote, order, invoice = Quote(), Order(), Invoice()

    assert QuoteLine(quote=quote).document is quote
    assert OrderLine(order=order).document is order
    assert InvoiceLine(invoice=invoice).document is invoice


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        ("draft", (False, False, False)),
        ("submitted", (True, True, False)),
        ("completed", (False, True, False)),
        ("cancelled", (False, False, True)),
    ],
)
def test_an_order_says_what_its_status_means(status: str, facts: tuple[bool, ...]) -> None:
    order = Order(status=status)

    assert (order.is_submitted, order.is_binding, order.is_cancelled) == facts


def test_a_quote_is_active_while_it_is_with_the_customer() -> None:
    assert [status for status in Quote.Status if Quote(status=status).is_active] == ["active"]


def test_an_opportunity_is_open_until_it_is_decided() -> None:
    open_ones = [each for each in Opportunity.Status if Opportunity(status=each).is_open]

    assert open_ones == ["open"]

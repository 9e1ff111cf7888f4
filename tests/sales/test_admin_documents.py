"""Documents in the admin: the same rules when they are edited, and the same actions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sales.models import (
    Invoice,
    Order,
    Quote,
    SalesEvent,
    TaxRate,
)
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import (
    Market,
)
from tests.sales.admin_pages import address, confirmed, pressed, problems, rows, sell


def head(document: Quote | Order | Invoice, **changes: Any) -> dict[str, Any]:
    inlines = {"lines": 0, "promotions": 0, "changes": 0, "payments": 0}
    data: dict[str, Any] = {
        "name": document.name,
        "discount_rate": "0",
        "discount_amount": "0",
        "freight": "0",
        "price_list": document.price_list_id or "",
        "payment_terms": document.payment_terms_id or "",
        "tax_zone": document.tax_zone_id or "",
    }
    for prefix in inlines:
        data |= rows(prefix)
    return {**data, **changes}


def test_a_draft_is_edited_through_the_service(market: Market, office: Client) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    order.refresh_from_db()

    response = office.post(
        address(Order, "change", order.pk), head(order, name="Bar", discount_rate="0.1")
    )

    assert response.status_code == 302, problems(response)
    version = order.version
    order.refresh_from_db()
    assert (order.name, order.total, order.version) == ("Bar", 108, version + 1)
    event = SalesEvent.objects.get(subject_id=order.pk, subject_version=order.version)
    assert event.data == {"changed": ["discount_rate", "name"]}


def test_a_refusal_of_the_service_is_shown_beside_the_field(market: Market, office: Client) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    order.refresh_from_db()

    response = office.post(
        address(Order, "change", order.pk), head(order, discount_amount="100.01")
    )

    assert response.context["adminform"].form.errors == {
        "discount_amount": [
            (
                "A discount is at most what the lines come to: "
                "lower it from €100.01 to €100.00 or less."
            )
        ]
    }
    before = (order.version, order.total)
    order.refresh_from_db()
    assert (order.version, order.total) == before


def test_issued_documents_are_only_looked_at(market: Market, office: Client) -> None:
    sell(market, 1)
    order, invoice = Order.objects.get(), Invoice.objects.get()

    for document in (order, invoice):
        page = address(type(document), "change", document.pk)
        assert office.get(page).status_code == 200
        assert office.post(page, head(document, name="Other")).status_code == 403
        assert office.post(address(type(document), "delete", document.pk)).status_code == 403
        document.refresh_from_db()
        assert document.name != "Other"


def test_actions_run_the_services_and_show_each_refusal(market: Market, office: Client) -> None:
    ready = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(ready, actor=market.rep, product=market.product("100.00"))
    empty = draft_order(actor=market.rep, account=market.account, name="Nothing yet")

    page = office.post(address(Order), pressed("submit", ready, empty))
    response = office.post(address(Order), confirmed(page), follow=True)

    ready.refresh_from_db()
    empty.refresh_from_db()
    assert (ready.status, empty.status) == ("submitted", "draft")
    assert sorted(str(message) for message in response.context["messages"]) == [
        "Draft order: There is nothing on this document yet: add a line first.",
        f"{ready.number} is submitted.",
    ]


def test_auditors_have_no_actions(market: Market, auditor: Client) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))

    page = auditor.post(address(Order), pressed("submit", order))
    auditor.post(address(Order), pressed("submit", order) | {"confirmed": "yes"})

    order.refresh_from_db()
    assert order.status == "draft"
    assert b"is submitted" not in page.content


Issue = tuple[str, Callable[..., Any]]
ISSUED: dict[type[Any], Issue] = {
    Quote: ("activate", draft_quote),
    Order: ("submit", draft_order),
    Invoice: ("issue", draft_invoice),
}


@pytest.fixture(params=ISSUED, ids=lambda kind: str(kind.__name__))
def draft(market: Market, request: pytest.FixtureRequest) -> Any:
    """A draft of two kettles for 100.00 each, taxed at 20 %."""
    made = ISSUED[request.param][1](actor=market.rep, account=market.account, name="Bar refit")
    kettle = market.product("100.00", name="Kettle")
    add_line(made, actor=market.rep, product=kettle, quantity=Decimal(2))
    made.refresh_from_db()
    return made


def test_a_document_is_issued_as_it_was_shown(market: Market, office: Client, draft: Any) -> None:
    action = ISSUED[type(draft)][0]

    page = office.post(address(type(draft)), pressed(action, draft))

    draft.refresh_from_db()
    assert draft.is_draft
    for shown in ("Bar refit", "Kettle", "€200.00", "20%", "€40.00", "€240.00"):
        assert shown in page.content.decode()
    office.post(address(type(draft)), confirmed(page))
    draft.refresh_from_db()
    assert (draft.is_draft, draft.total) == (False, 240)


@pytest.mark.parametrize("change", ["line", "rate"])
def test_a_document_that_changed_since_it_was_shown_is_not_issued(
    market: Market, office: Client, draft: Any, change: str
) -> None:
    action = ISSUED[type(draft)][0]
    page = office.post(address(type(draft)), pressed(action, draft))
    if change == "line":
        change_line(draft.lines.get(), actor=market.rep, quantity=Decimal(3))
    else:
        TaxRate.objects.update(rate=Decimal("0.8"))

    refused = office.post(address(type(draft)), confirmed(page), follow=True)

    draft.refresh_from_db()
    assert (draft.is_draft, draft.number) == (True, None)
    [message] = [str(each) for each in refused.context["messages"]]
    assert "it comes to €360.00 now. Look at it again first." in message
    again = office.post(address(type(draft)), pressed(action, draft))
    if change == "rate":
        assert "it came to €240.00, and comes to €360.00 now." in again.content.decode()
    office.post(address(type(draft)), confirmed(again))
    draft.refresh_from_db()
    assert (draft.is_draft, draft.total) == (False, 360)


def test_a_document_that_was_not_shown_is_not_issued(
    market: Market, office: Client, draft: Any
) -> None:
    action = ISSUED[type(draft)][0]

    office.post(address(type(draft)), pressed(action, draft) | {"confirmed": "yes"})

    draft.refresh_from_db()
    assert draft.is_draft


def test_a_draft_invoice_is_deleted_and_its_quantities_may_be_billed_again(
    market: Market, office: Client
) -> None:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=market.product("100.00"))
    submit_order(order.pk, actor=market.rep)
    invoice = invoice_order(order.pk, actor=market.rep, what="all")

    office.post(address(Invoice, "delete", invoice.pk), {"post": "yes"})

    assert not Invoice.objects.exists()
    assert order.lines.get().open_to_bill == 1

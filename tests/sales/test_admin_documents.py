"""Documents in the admin: the same rules when they are edited, and the same actions."""

from __future__ import annotations

from typing import Any

from django.test import Client

from sales.models import (
    Invoice,
    Order,
    Quote,
    SalesEvent,
)
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from tests.factories import (
    Market,
)
from tests.sales.admin_pages import address, problems, rows, sell


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
        "discount_amount": ["A discount of €100.01 does not fit lines of €100.00."]
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

    response = office.post(
        address(Order),
        {"action": "submit", "_selected_action": [ready.pk, empty.pk]},
        follow=True,
    )

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

    auditor.post(address(Order), {"action": "submit", "_selected_action": [order.pk]})

    order.refresh_from_db()
    assert order.status == "draft"


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

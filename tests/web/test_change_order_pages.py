from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from sales.models import Order, OrderChange, OrderLine, TaxRate
from sales.services.change_orders import Changes, change_order
from sales.services.documents.drafts import draft_order, draft_quote
from sales.services.documents.lines import add_line
from sales.services.draft_invoices import delete_draft_invoice
from sales.services.order_invoices import invoice_order
from sales.services.order_progress import Progress, record_progress
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, UserFactory
from tests.sales.order_steps import billed, drafted, submitted, trade_in
from tests.web.refusals import NO_DISCOUNTS, reason_shown
from web.record_urls import record_url


@pytest.fixture
def order(market: Market) -> Order:
    return submitted(market, "10")


def address(order: Order) -> str:
    return reverse("sales:order-change", args=[order.pk])


def typed(order: Order, line: OrderLine, **changed: str) -> dict[str, str]:
    """The form as it stands, with some of its fields typed over."""
    as_it_stands = {
        "version": str(order.version),
        "head-name": order.name,
        "head-street": "14 quai de la Fosse",
        "head-postal_code": "44000",
        "head-city": "Nantes",
        "head-country": "FR",
        f"{line.pk}-description": line.description,
        f"{line.pk}-quantity": "10",
        f"{line.pk}-unit_price": "19.99",
        f"{line.pk}-discount": "",
        "step": "preview",
    }
    return {**as_it_stands, **changed}


def previewed(rep: Client, order: Order, data: dict[str, str]) -> dict[str, Any]:
    page = rep.post(address(order), data)
    assert page.status_code == 200
    assert page.context["preview"]
    return {**data, "step": "change", "previewed": page.context["previewed"]}


@pytest.mark.parametrize("discount", NO_DISCOUNTS)
def test_refuses_a_discount_that_is_none(rep: Client, order: Order, discount: str) -> None:
    line = order.lines.get()

    page = rep.post(address(order), typed(order, line, **{f"{line.pk}-discount": discount}))

    assert (page.status_code, page.context["preview"]) == (422, ())
    [row] = page.context["rows"]
    assert list(row.form.errors) == ["discount"]


def test_shows_what_would_change_and_changes_nothing(rep: Client, order: Order) -> None:
    line = order.lines.get()

    page = rep.post(address(order), typed(order, line, **{f"{line.pk}-quantity": "12"}))

    changes = [
        (each.label or each.subject, each.before, each.after) for each in page.context["preview"]
    ]
    assert changes == [("Quantity", "10", "12"), ("Total", "€239.88", "€287.86")]
    assert not OrderChange.objects.exists()
    line.refresh_from_db()
    assert line.quantity == 10


def test_changes_the_order_once_it_was_previewed(rep: Client, order: Order, market: Market) -> None:
    line, added = order.lines.get(), market.product("5.00", sku="MILK-1")
    data = typed(
        order,
        line,
        **{
            f"{line.pk}-discount": "10%",
            "new-0-product": "milk-1",
            "new-0-quantity": "2",
            "head-customer_reference": "PO-7",
            "reason": "They asked for it",
        },
    )

    answer = rep.post(address(order), previewed(rep, order, data))

    assert answer.status_code == 302
    assert answer["Location"] == reverse("sales:order-detail", args=[order.pk])
    order.refresh_from_db()
    change = order.changes.get()
    # 10 x 19.99 less 10 % = 179.91, and 2 x 5.00: 189.91, tax 37.98
    assert order.total == Decimal("227.89")
    assert (order.customer_reference, order.lines.latest("position").product) == ("PO-7", added)
    assert (change.reason, change.changed_by) == ("They asked for it", market.rep)
    shown = rep.get(answer["Location"]).content.decode()
    assert "They asked for it" in shown
    assert "€227.89" in shown


def test_a_version_that_is_no_number_is_the_one_of_now(rep: Client, order: Order) -> None:
    line = order.lines.get()
    data = typed(order, line, **{f"{line.pk}-quantity": "12", "reason": "They asked for it"})

    answer = rep.post(address(order), {**previewed(rep, order, data), "version": "²"})

    assert answer.status_code == 302
    assert order.changes.get().reason == "They asked for it"


def test_shows_a_new_preview_when_something_was_typed_since(rep: Client, order: Order) -> None:
    line = order.lines.get()
    data = previewed(rep, order, typed(order, line, **{f"{line.pk}-quantity": "12"}))

    page = rep.post(address(order), {**data, f"{line.pk}-quantity": "13"})

    assert page.context["preview"][0].after == "13"
    assert not OrderChange.objects.exists()


def test_refuses_to_go_under_what_is_shipped_beside_the_line(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    record_progress(order, {line.pk: Progress(Decimal(4))}, actor=market.rep)
    order.refresh_from_db()

    page = rep.post(address(order), typed(order, line, **{f"{line.pk}-quantity": "3"}))

    assert page.status_code == 422
    [form] = page.context["forms"].lines
    assert "4 are shipped or billed, so 3 is too few" in str(form.errors["quantity"])
    assert not OrderChange.objects.exists()


def test_refuses_a_change_of_an_order_somebody_else_changed(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    data = previewed(rep, order, typed(order, line, **{f"{line.pk}-quantity": "12"}))
    record_progress(order, {line.pk: Progress(Decimal(1))}, actor=market.rep)

    page = rep.post(address(order), data)

    assert page.status_code == 409
    assert "was changed since you opened it" in page.content.decode()
    assert not OrderChange.objects.exists()


def test_shows_what_is_true_by_now_and_agrees_to_it_at_the_next_press(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    data = previewed(rep, order, typed(order, line, **{f"{line.pk}-quantity": "12"}))
    change_order(
        order.pk, Changes(lines={line.pk: {"quantity": Decimal(11)}}), actor=market.rep, reason="A"
    )

    page = rep.post(address(order), data)
    shown = [(change.before, change.after) for change in page.context["preview"]]
    again = {
        **data,
        "version": page.context["version"],
        "previewed": page.context["previewed"],
    }
    agreed = rep.post(address(order), again)

    assert (page.status_code, agreed.status_code) == (409, 302)
    assert shown[0] == ("11", "12")
    line.refresh_from_db()
    assert line.quantity == 12


def test_says_at_the_preview_that_somebody_else_changed_the_order(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    data = typed(order, line, **{f"{line.pk}-quantity": "12"})
    change_order(
        order.pk, Changes(lines={line.pk: {"quantity": Decimal(11)}}), actor=market.rep, reason="A"
    )

    page = rep.post(address(order), data)

    assert page.status_code == 409
    assert "was changed since you opened it" in page.content.decode()
    assert 'value="12"' in page.content.decode()
    assert page.context["version"] == str(Order.objects.get().version)


def test_refuses_nothing_typed_and_unknown_products(rep: Client, order: Order) -> None:
    line = order.lines.get()

    same = rep.post(address(order), typed(order, line))
    unknown = rep.post(address(order), typed(order, line, **{"new-0-product": "no such thing"}))

    assert (same.status_code, unknown.status_code) == (422, 422)
    assert "This changes nothing on" in same.content.decode()
    assert "No product is called" in unknown.content.decode()


def test_keeps_the_price_for_who_may_not_override_it(
    client: Client, order: Order, market: Market
) -> None:
    group = market.rep.groups.get()
    group.permissions.remove(group.permissions.get(codename="override_price"))
    client.force_login(market.rep)
    line = order.lines.get()

    page = client.post(address(order), typed(order, line, **{f"{line.pk}-unit_price": "1"}))

    assert page.status_code == 422
    assert "This changes nothing on" in page.content.decode()


def test_a_draft_is_edited_not_changed(rep: Client, market: Market) -> None:
    draft = draft_order(actor=market.rep, account=market.account, name="Draft")
    refused = rep.get(address(draft))
    assert reason_shown(rep, refused, draft) == (
        f"{draft} is draft: only a submitted order takes a change order. Edit the draft instead."
    )


def test_is_refused_to_other_teams_and_auditors(client: Client, order: Order) -> None:
    line = order.lines.get()
    data = typed(order, line, **{f"{line.pk}-quantity": "12"})
    for who, status in ((UserFactory.create(), 404), (UserFactory.create(role=roles.AUDITOR), 403)):
        client.force_login(who)
        assert client.get(address(order)).status_code == status
        assert client.post(address(order), data).status_code == status
    assert not OrderChange.objects.exists()


def test_reads_as_often_for_many_lines_as_for_few(
    rep: Client, order: Order, market: Market, django_assert_max_num_queries: Any
) -> None:
    product = market.product("3.00")
    draft = draft_order(actor=market.rep, account=market.account, name="Long")
    for _ in range(12):
        add_line(draft, actor=market.rep, product=product)
    long = submit_order(draft.pk, actor=market.rep)
    with django_assert_max_num_queries(60) as few:
        rep.get(address(order))
    with django_assert_max_num_queries(len(few)):
        rep.get(address(long))


def test_offers_todays_tax_rate_and_says_what_keeps_the_agreed_one(
    rep: Client, order: Order, market: Market
) -> None:
    TaxRate.objects.update(rate=Decimal("0.21"))
    line = order.lines.get()
    notice = "Tax was agreed at 20% and is 21% today: Espresso machine."
    page = rep.get(record_url(order)).content.decode()
    assert f"{notice} A change order can take today&#x27;s rate." in page
    choice = f"{line.pk}-todays_tax"
    assert f'name="{choice}"' in rep.get(address(order)).content.decode()

    data = typed(order, line, **{choice: "on"})
    preview = rep.post(address(order), data).context["preview"]
    rep.post(address(order), previewed(rep, order, data))

    assert [(each.label or each.subject, each.before, each.after) for each in preview] == [
        ("Tax rate", "20%", "21%"),
        ("Total", "€239.88", "€241.88"),
    ]
    order.refresh_from_db()
    assert order.tax == Decimal("41.98")

    TaxRate.objects.update(rate=Decimal("0.22"))
    draft = invoice_order(
        order.pk, actor=market.rep, what="lines", quantities={line.pk: Decimal(4)}
    )
    bill = rep.get(record_url(draft)).content.decode()
    agreed = "Tax was agreed at 21% and is 22% today: Espresso machine. To bill today&#x27;s rate,"
    assert f"{agreed} delete this draft and take it in a change order." in bill
    page = rep.get(address(order)).content.decode()
    assert "billed in part at 21% tax, which stays; today&#x27;s rate is 22%" in page
    assert f'name="{choice}"' not in page


def test_a_trade_in_is_changed_as_what_it_takes_off(rep: Client, market: Market) -> None:
    draft = drafted(market, "10")
    trade_in(draft, market, "50.00")
    order = submit_order(draft.pk, actor=market.rep)
    goods, deduction = order.lines.order_by("position")
    invoice_order(order.pk, actor=market.rep, what="lines", quantities={goods.pk: Decimal(1)})
    page = rep.get(address(order))
    [_, row] = page.context["rows"]
    assert (row.progress, row.form["unit_price"].value()) == ("€5.00 taken off", "50.00")
    assert "discount" not in row.form.fields
    unchanged = {
        f"{deduction.pk}-description": deduction.description,
        f"{deduction.pk}-quantity": "1",
        f"{deduction.pk}-unit_price": "50.00",
    }

    answer = rep.post(
        address(order), typed(order, goods, **unchanged | {f"{deduction.pk}-unit_price": "60"})
    )

    changes = [
        (each.label or each.subject, each.before, each.after) for each in answer.context["preview"]
    ]
    assert changes == [("Unit price", "−€50.00", "−€60.00"), ("Total", "€179.88", "€167.88")]


def test_says_that_todays_tax_rate_ended_while_the_form_was_open(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    TaxRate.objects.update(valid_to=market.company.today() - dt.timedelta(days=1))

    answer = rep.post(address(order), typed(order, line, **{f"{line.pk}-todays_tax": "on"}))

    assert answer.status_code == 422
    refused = "Espresso machine cannot take today&#x27;s tax rate: no rate of "
    assert f"{refused}{market.tax_category} in {market.zone} is known" in answer.content.decode()


def test_the_rest_of_what_is_billed_takes_todays_tax_rate_as_a_new_line(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    billed(order, market, what="lines", quantities={line.pk: Decimal(4)})
    TaxRate.objects.update(rate=Decimal("0.21"))
    way_on = (
        "What is billed in part keeps its rate: in a change order, reduce it to what is billed "
        "and add the rest as a new line, which takes today's rate."
    )
    agreed = "Tax was agreed at 20% and is 21% today: Espresso machine."

    assert rep.get(record_url(order)).context["notices"] == [f"{agreed} {way_on}"]
    draft = invoice_order(order.pk, actor=market.rep, what="all")
    assert rep.get(record_url(draft)).context["notices"] == [
        f"{agreed} To bill today's rate, delete this draft first. {way_on}"
    ]
    delete_draft_invoice(draft.pk, actor=market.rep)
    order.refresh_from_db()

    new = {"new-0-product": line.sku, "new-0-quantity": "6"}
    data = typed(order, line, **{f"{line.pk}-quantity": "4"}, **new)
    assert rep.post(address(order), previewed(rep, order, data)).status_code == 302

    order.refresh_from_db()
    # 4 x 19.99 = 79.96 at 20 %, and 6 x 19.99 = 119.94 at 21 %
    assert order.tax == Decimal("15.99") + Decimal("25.19")
    assert rep.get(record_url(order)).context["notices"] == []


def previews(rep: Client, order: Order, quantity: str, **changed: str) -> list[str]:
    """The price rules that the preview of another quantity names."""
    line = order.lines.get()
    data = typed(order, line, **{f"{line.pk}-quantity": quantity, **changed})
    page = rep.post(address(order), data)
    rules: list[str] = list(page.context["price_rules"])
    assert all(rule in page.text for rule in rules)
    return rules


def test_the_preview_says_that_a_new_quantity_has_its_own_volume_discount(
    rep: Client, order: Order
) -> None:
    assert previews(rep, order, "12") == [
        "Espresso machine has its list price, with the volume discount of the new quantity."
    ]


def test_the_preview_says_that_a_quote_agreed_the_price(rep: Client, market: Market) -> None:
    quote = draft_quote(actor=market.rep, account=market.account, name="Bar refit")
    add_line(quote, actor=market.rep, product=market.product("19.99"), quantity=Decimal(9))
    activate_quote(quote.pk, actor=market.rep)
    order = submit_order(accept_quote(quote.pk, actor=market.rep).pk, actor=market.rep)
    quote.refresh_from_db()

    assert previews(rep, order, "10") == [
        f"The price of Espresso machine was agreed in {quote}; it and the volume discount stay."
    ]


def test_the_preview_says_that_what_is_billed_keeps_its_price(
    rep: Client, order: Order, market: Market
) -> None:
    billed(order, market, what="lines", quantities={order.lines.get().pk: Decimal(4)})
    order.refresh_from_db()

    assert previews(rep, order, "5") == [
        "Part of Espresso machine is billed, so its price and volume discount stay."
    ]


def test_the_preview_says_that_a_typed_price_is_final(rep: Client, market: Market) -> None:
    draft = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(
        draft,
        actor=market.rep,
        description="Carpentry",
        kind="write_in",
        unit_price=Decimal("19.99"),
        product_category=market.category,
        tax_category=market.tax_category,
    )
    order = submit_order(draft.pk, actor=market.rep)

    assert previews(rep, order, "5") == [
        "The price of Carpentry was typed and stays; no volume discount comes off it."
    ]


def test_the_preview_names_no_price_rule_where_no_quantity_changes(
    rep: Client, order: Order
) -> None:
    assert previews(rep, order, "10", **{"head-name": "Other"}) == []


def test_the_preview_says_that_a_typed_price_is_that_of_a_line_of_the_rest(
    rep: Client, order: Order, market: Market
) -> None:
    line = order.lines.get()
    billed(order, market, what="lines", quantities={line.pk: Decimal(4)})
    order.refresh_from_db()
    price = {f"{line.pk}-unit_price": "18.00"}

    [notice] = previews(rep, order, "10", **price)

    assert notice == (
        "4 of Espresso machine are shipped or billed and keep their price; "
        "the rest becomes a line of its own at the price that is typed."
    )
    rep.post(address(order), previewed(rep, order, typed(order, line, **price)))
    lines = order.lines.order_by("position").values_list("quantity", "unit_price")
    assert list(lines) == [(4, Decimal("19.99")), (6, Decimal(18))]

"""Prices for 100 on the pages: read as “€3.99 per 100”, typed as “3.99 / 100”."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from sales.models import Company, Order, PriceListItem, Product, Quote
from sales.services.documents.drafts import draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.orders import submit_order
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, OpportunityFactory, UserFactory
from tests.web.refusals import PRICE_UNITS
from web.pages.explanations import explanation_sections
from web.pages.line_parts import product_options
from web.pages.lines import LineRow, build_lines, drifts_of, read_lines
from web.pages.products import product_page


@pytest.fixture
def rep(client: Client, market: Market) -> Client:
    client.force_login(market.rep)
    return client


@pytest.fixture
def screws(market: Market) -> Product:
    return market.product("3.99", price_quantity="100", name="Screws", sku="SC-4")


@pytest.fixture
def quote(market: Market, screws: Product) -> Quote:
    """250 screws."""
    quote = draft_quote(actor=market.rep, account=market.account, name="Workshop")
    add_line(quote, actor=market.rep, product=screws, quantity=Decimal(250))
    return Quote.objects.get(pk=quote.pk)


@pytest.fixture
def order(market: Market, quote: Quote) -> Order:
    activate_quote(quote.pk, actor=market.rep)
    return submit_order(accept_quote(quote.pk, actor=market.rep).pk, actor=market.rep)


def row(document: Quote | Order, *, editable: bool = False) -> LineRow:
    lines = read_lines(document)
    [only] = build_lines(document, lines, drifts_of(document, lines), editable=editable).rows
    return only


def save(rep: Client, quote: Quote, **typed: str) -> Any:
    """Save the row of the editor as it stands, with some cells typed over."""
    line = quote.lines.get()
    shown = row(quote, editable=True).editor
    assert shown is not None
    url = reverse("sales:line-change", args=["quotes", quote.pk, line.pk])
    return rep.post(url, {**shown.inputs, **typed}, headers={"HX-Request": "true"})


def test_a_line_says_how_many_units_its_price_is_for(quote: Quote, market: Market) -> None:
    assert row(quote).price == "€3.99 per 100"
    editor = row(quote, editable=True).editor
    assert editor is not None
    assert editor.inputs["unit_price"] == "3.99 / 100"

    change_line(
        quote.lines.get(), actor=market.rep, unit_price=Decimal("0.05"), price_quantity=Decimal(1)
    )

    assert row(quote).price == "€0.05"


@pytest.mark.parametrize(
    ("typed", "price", "source"),
    [
        ({"quantity": "300"}, ("3.99", "100"), "list"),
        ({"unit_price": "4.10/100"}, ("4.10", "100"), "typed"),
        ({"unit_price": "0.05"}, ("0.05", "1"), "typed"),
        ({"unit_price": ""}, ("3.99", "100"), "list"),
    ],
)
def test_the_cell_takes_a_price_for_many(
    rep: Client, quote: Quote, typed: dict[str, str], price: tuple[str, str], source: str
) -> None:
    assert save(rep, quote, **typed).status_code == 200

    line = quote.lines.get()
    assert (line.unit_price, line.price_quantity) == tuple(map(Decimal, price))
    assert line.price_source == source


def test_the_cell_refuses_what_no_price_can_be_for(rep: Client, quote: Quote) -> None:
    answer = save(rep, quote, unit_price="3.99 / 0")

    assert (answer.status_code, answer["X-Refused-Cells"]) == (422, "unit_price")
    assert f"Unit price: {PRICE_UNITS}" in answer.content.decode()
    assert quote.lines.get().price_quantity == 100


def test_a_list_whose_price_is_for_other_units_is_shown_old_and_new(
    rep: Client, quote: Quote
) -> None:
    PriceListItem.objects.update(amount=Decimal("38.00"), price_quantity=Decimal(1000))
    editor = row(quote, editable=True).editor
    assert editor is not None
    assert editor.below_price == "list now €38.00 per 1,000"

    url = reverse("sales:price-refresh", args=["quotes", quote.pk])
    [drift] = rep.get(url).context["rows"]
    assert (drift.on_document, drift.on_list) == ("€3.99 per 100", "€38.00 per 1,000")
    rep.post(
        url,
        {
            "version": str(quote.version),
            "lines": [str(quote.lines.get().pk)],
            "step": "refresh",
        },
    )

    line = quote.lines.get()
    assert (line.unit_price, line.price_quantity, line.net) == (38, 1000, Decimal("9.50"))


def test_a_change_order_previews_and_keeps_other_units(rep: Client, order: Order) -> None:
    line = order.lines.get()
    url = reverse("sales:order-change", args=[order.pk])
    form = rep.get(url).context["forms"]
    assert form.lines[0]["unit_price"].value() == "3.99 / 100"
    posted = {
        name: str(each[name].value() or "")
        for each in (form.head, form.lines[0])
        for name in each.fields
    }
    data = {
        "version": str(order.version),
        **{f"head-{name}": str(form.head[name].value() or "") for name in form.head.fields},
        **{f"{line.pk}-{name}": posted[name] for name in form.lines[0].fields},
        f"{line.pk}-unit_price": "4.10 / 1000",
        "step": "preview",
    }

    page = rep.post(url, data)

    assert [(str(each.label), each.before, each.after) for each in page.context["preview"]] == [
        ("Unit price", "€3.99", "€4.10"),
        ("Price is for", "100", "1,000"),
        ("", "€11.98", "€1.24"),
    ]
    rep.post(url, {**data, "step": "change", "previewed": page.context["previewed"]})
    line.refresh_from_db()
    assert (line.unit_price, line.price_quantity) == (Decimal("4.10"), 1000)


def test_an_opportunity_s_line_takes_and_shows_it(
    rep: Client, market: Market, screws: Product
) -> None:
    opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
    add_opportunity_line(opportunity.pk, actor=market.rep, product=screws)
    url = reverse("sales:opportunity-add-line", args=[opportunity.pk])

    rep.post(url, {"product": "SC-4", "quantity": "500", "unit_price": "35 / 1000"})
    refused = rep.post(url, {"product": "SC-4", "quantity": "500", "unit_price": "35 / 0"})

    page = rep.get(reverse("crm:opportunity-detail", args=[opportunity.pk]))
    assert [(each.price, each.net) for each in page.context["lines"].rows] == [
        ("€3.99 per 100", "€0.04"),
        ("€35.00 per 1,000", "€17.50"),
    ]
    assert refused.status_code == 422
    assert opportunity.lines.count() == 2


def test_the_steps_to_a_figure_name_it(quote: Quote) -> None:
    line = str(quote.lines.get().pk)
    [section] = explanation_sections(quote, read_lines(quote), line)

    base = section.steps[0]

    assert (base.label, base.formula) == ("Base", "quantity × unit price ÷ price quantity")
    assert list(base.values) == [
        ("quantity", "250"),
        ("unit price", "€3.99 per 100"),
        ("price quantity", "100"),
    ]
    assert base.result == "€9.98"


def test_an_approver_sees_both_prices_with_their_units(
    client: Client, market: Market, quote: Quote
) -> None:
    manager = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    client.force_login(manager)
    change_line(
        quote.lines.get(), actor=market.rep, unit_price=Decimal(35), price_quantity=Decimal(1000)
    )

    page = client.get(reverse("sales:quote-approve", args=[quote.pk]))

    [line] = page.context["lines"]
    assert (line.list_price, line.price) == ("€3.99 per 100", "€35.00 per 1,000")
    [discount] = [
        fact.value for fact in page.context["facts"] if fact.label == "Discount against list"
    ]
    assert discount == "12.28% · €1.23 of €9.98"


def test_products_are_offered_with_it(market: Market, quote: Quote, screws: Product) -> None:
    assert [each.price for each in product_options(quote, "SC-4").options] == ["€3.99 per 100"]
    assert [each.price for each in product_page(screws).prices] == ["€3.99 per 100"]
    PriceListItem.objects.update(method="markup_current", percentage_rate=Decimal("0.25"))
    assert [each.price for each in product_page(screws).prices] == [
        "Markup on current cost: 25% per 100"
    ]


class TestDiscountOfEach:
    @pytest.fixture(autouse=True)
    def _each(self, market: Market) -> None:
        market.company.discount_method = Company.DiscountMethod.PER_UNIT
        market.company.save()

    def test_the_editor_says_what_is_typed(self, rep: Client, quote: Quote) -> None:
        url = reverse("sales:quote-detail", args=[quote.pk])
        page = rep.get(url).content.decode()
        assert '<th class="c-disc end">Discount of each</th>' in page
        assert 'aria-label="Discount of each, 10 or 10%"' in page

        save(rep, quote, discount="0.002")

        assert quote.lines.get().discount == Decimal("0.50")
        Quote.objects.update(discount_method=Company.DiscountMethod.WHOLE_LINE)
        page = rep.get(url).content.decode()
        assert '<th class="c-disc end">Discount</th>' in page

    def test_a_change_order_says_it_too(self, rep: Client, order: Order) -> None:
        page = rep.get(reverse("sales:order-change", args=[order.pk]))
        assert page.context["discount_label"] == "Discount of each"
        assert 'aria-label="Discount of each: Screws"' in page.content.decode()

    def test_and_so_does_an_opportunity(self, rep: Client, market: Market) -> None:
        opportunity = OpportunityFactory.create(account=market.account, owner=market.rep)
        url = reverse("sales:opportunity-add-line", args=[opportunity.pk])
        discount = rep.get(url).context["form"]["discount"]
        assert (discount.label, discount.help_text) == (
            "Discount of each",
            "10 off each unit, 10% for a percentage.",
        )


def test_a_document_names_the_rules_that_are_not_the_usual_ones(rep: Client, quote: Quote) -> None:
    url = reverse("sales:quote-detail", args=[quote.pk])
    assert not {"Rounding", "Discount of a line"} & facts(rep.get(url)).keys()

    Quote.objects.update(rounding="half_even", discount_method="per_unit")

    shown = facts(rep.get(url))
    assert (shown["Rounding"], shown["Discount of a line"]) == ("Half to even", "For each unit")


def facts(page: Any) -> dict[str, str]:
    return {str(fact.label): str(fact.value) for fact in page.context["facts"]}

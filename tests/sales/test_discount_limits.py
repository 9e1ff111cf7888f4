"""Discount limits: measured against the reference price, refused in every entry layer."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from crm import roles
from crm.actors import System
from crm.models import Partner, Team, User
from sales.models import Order, OrderChange, PromotionCode, Quote, QuoteLine
from sales.pricing.errors import DiscountAboveLimit
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import LineChanges
from sales.services.documents.drafts import change_head, draft_quote
from sales.services.documents.lines import add_line, change_line, remove_line
from sales.services.orders import submit_order
from sales.services.prices.discount_limits import discount_limit
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote
from tests.factories import Market, TeamFactory, UserFactory
from tests.sales.quote_steps import quoted, unchanged

TENTH = Decimal("0.1")
REFUSAL = "A discount of 18% is above your limit of 10%. Ask Inès Moreau"


@pytest.fixture
def quote(market: Market, rep: User) -> Quote:
    """Ten machines for 100.00 each."""
    return quoted(market, "10")


@pytest.mark.parametrize(
    "typed",
    [
        {"discount_rate": Decimal("0.18")},
        {"discount_amount": Decimal("180.00")},
        {"unit_price": Decimal("82.00")},
        {"unit_price": Decimal("91.00"), "discount_amount": Decimal("90.00")},
    ],
    ids=["percent", "amount", "price", "price and amount"],
)
def test_refuses_a_line_above_the_limit(quote: Quote, rep: User, typed: dict[str, Any]) -> None:
    line = quote.lines.get()

    with pytest.raises(DiscountAboveLimit, match=REFUSAL) as refusal:
        change_line(line, actor=rep, **typed)

    assert refusal.value.line == str(line.pk)
    assert refusal.value.field == ("unit_price" if list(typed) == ["unit_price"] else "discount")
    assert unchanged(quote)


@pytest.mark.parametrize("typed", [{"discount_rate": TENTH}, {"unit_price": Decimal(90)}])
def test_lets_a_rep_give_what_the_limit_says(quote: Quote, rep: User, typed: LineChanges) -> None:
    line = change_line(quote.lines.get(), actor=rep, **typed)
    assert line.net == Decimal("900.00")


def test_refuses_a_new_line_above_the_limit(quote: Quote, market: Market, rep: User) -> None:
    with pytest.raises(DiscountAboveLimit, match=REFUSAL):
        add_line(quote, actor=rep, product=market.product("50"), unit_price=Decimal(41))
    assert unchanged(quote)


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"discount_rate": Decimal("0.18")}, "discount_rate"),
        ({"discount_amount": Decimal("180.00")}, "discount_amount"),
    ],
)
def test_refuses_a_discount_on_everything_above_the_limit(
    quote: Quote, rep: User, typed: dict[str, Any], field: str
) -> None:
    with pytest.raises(DiscountAboveLimit, match=REFUSAL) as refusal:
        change_head(quote, actor=rep, **typed)
    assert refusal.value.field == field
    assert unchanged(quote)


def test_counts_lines_and_head_together(quote: Quote, rep: User) -> None:
    change_head(quote, actor=rep, discount_rate=Decimal("0.08"))

    with pytest.raises(DiscountAboveLimit, match=r"discounts this comes to 15\.36%, above your"):
        change_line(quote.lines.get(), actor=rep, discount_rate=Decimal("0.08"))

    assert QuoteLine.objects.get().discount_rate is None


def take_out(line: Any, rep: User) -> None:
    remove_line(line, actor=rep)


def make_optional(line: Any, rep: User) -> None:
    change_line(line, actor=rep, is_optional=True, is_taken=False)


def order_fewer(line: Any, rep: User) -> None:
    change_line(line, actor=rep, quantity=Decimal(1))


def order_more_of_the_other(line: Any, rep: User) -> None:
    discounted = line.quote.lines.exclude(pk=line.pk).get()
    change_line(discounted, actor=rep, quantity=Decimal(9000))


@pytest.mark.parametrize("change", [take_out, make_optional, order_fewer, order_more_of_the_other])
def test_counts_them_together_when_what_has_no_discount_goes(
    quote: Quote, market: Market, rep: User, change: Callable[[Any, User], None]
) -> None:
    change_line(quote.lines.get(), actor=rep, discount_rate=TENTH)
    other = add_line(quote, actor=rep, product=market.product("9000"), quantity=Decimal(9))
    change_head(quote, actor=rep, discount_rate=Decimal("0.095"))
    quote.refresh_from_db()
    before = quote.total

    with pytest.raises(DiscountAboveLimit, match="Together with the lines' own discounts"):
        change(other, rep)

    quote.refresh_from_db()
    assert quote.total == before
    assert quote.lines.filter(pk=other.pk, quantity=9, is_optional=False).exists()


def test_refuses_to_start_a_document_above_the_limit(market: Market, rep: User) -> None:
    with pytest.raises(DiscountAboveLimit, match=REFUSAL):
        draft_quote(actor=rep, account=market.account, name="Refit", discount_rate=Decimal("0.18"))
    assert not Quote.objects.exists()


def test_sends_a_partner_to_its_contact_here(market: Market) -> None:
    partner = Partner.objects.create(name="Shop", discount_limit_rate=TENTH)
    ask = "is above your limit of 10%. Ask your contact in our sales to give it."
    with pytest.raises(DiscountAboveLimit, match=ask):
        draft_quote(
            actor=partner, account=market.account, name="Refit", discount_rate=Decimal("0.18")
        )
    assert not Quote.objects.exists()


def test_refuses_a_percentage_before_there_are_lines(
    market: Market, rep: User, manager: User
) -> None:
    quote = draft_quote(actor=rep, account=market.account, name="Refit")
    with pytest.raises(DiscountAboveLimit, match=REFUSAL):
        change_head(quote, actor=rep, discount_rate=Decimal("0.18"))

    change_head(quote, actor=manager, discount_rate=Decimal("0.18"))
    change_head(quote, actor=rep, discount_rate=Decimal("0.17"))
    line = add_line(quote, actor=rep, product=market.product("100.00"))
    assert line.header_discount == Decimal("17.00")


def test_leaves_volume_discounts_and_promotions_out(
    quote: Quote, market: Market, rep: User
) -> None:
    PromotionCode.objects.create(code="SPRING", name="Spring", discount_rate=Decimal("0.3"))
    apply_promotion(quote, "SPRING", actor=rep)

    line = change_line(quote.lines.get(), actor=rep, discount_rate=TENTH)

    assert (line.discount, line.net) == (Decimal("370.00"), Decimal("630.00"))


def test_measures_prices_with_tax_as_they_were_typed(market: Market, rep: User) -> None:
    quote = draft_quote(actor=rep, account=market.account, name="Refit", prices_include_tax=True)
    line = add_line(quote, actor=rep, product=market.product("9.99"), discount_rate=TENTH)
    with pytest.raises(DiscountAboveLimit, match=r"A discount of 10\.12%"):
        change_line(line, actor=rep, discount_amount=Decimal("1.01"))


def test_lets_people_with_the_right_give_more(quote: Quote, manager: User) -> None:
    manager.discount_limit_rate = TENTH
    line = change_line(quote.lines.get(), actor=manager, discount_rate=Decimal("0.5"))
    assert line.net == Decimal("500.00")


def test_leaves_what_somebody_else_gave(quote: Quote, manager: User, rep: User) -> None:
    line = change_line(quote.lines.get(), actor=manager, discount_rate=Decimal("0.3"))
    line = change_line(line, actor=rep, quantity=Decimal(7), description="Machines")
    assert (line.net, line.description) == (Decimal("490.00"), "Machines")
    with pytest.raises(DiscountAboveLimit, match="A discount of 31%"):
        change_line(line, actor=rep, discount_rate=Decimal("0.31"))


def test_lets_the_customer_take_more_of_what_somebody_else_gave(
    quote: Quote, market: Market, manager: User, rep: User
) -> None:
    line = change_line(quote.lines.get(), actor=manager, discount_rate=Decimal("0.3"))
    full = add_line(quote, actor=manager, product=market.product("100.00"))
    change_head(quote, actor=manager, discount_rate=Decimal("0.05"))

    remove_line(full, actor=rep)
    line = change_line(line, actor=rep, quantity=Decimal(20))

    assert line.net - line.header_discount == Decimal("1330.00")
    with pytest.raises(DiscountAboveLimit, match=r"comes to 34\.2%, above your limit of 10%"):
        change_head(quote, actor=rep, discount_rate=Decimal("0.06"))


def test_refuses_to_make_an_amount_weigh_more(quote: Quote, market: Market, rep: User) -> None:
    other = add_line(quote, actor=rep, product=market.product("1000.00"))
    change_head(quote, actor=rep, discount_amount=Decimal("180.00"))
    with pytest.raises(DiscountAboveLimit, match=REFUSAL):
        remove_line(other, actor=rep)
    assert quote.lines.count() == 2


def test_weighs_lines_of_several_tax_rates_before_tax(market: Market, rep: User) -> None:
    quote = draft_quote(actor=rep, account=market.account, name="Refit", prices_include_tax=True)
    taxed = add_line(quote, actor=rep, product=market.product("120.00"))
    add_line(quote, actor=rep, product=market.product("100.00"), tax_rate=Decimal(0))
    change_line(taxed, actor=rep, discount_rate=TENTH)
    # 10 of 100 on the first line; of what is left, 108 and 100 with tax, 190 are before tax
    change_head(quote, actor=rep, discount_amount=Decimal("10.94"))
    with pytest.raises(DiscountAboveLimit, match=r"10\.0\d%"):
        change_head(quote, actor=rep, discount_amount=Decimal("10.96"))


def test_holds_for_change_orders(quote: Quote, rep: User) -> None:
    activate_quote(quote.pk, actor=rep)
    order = submit_order(accept_quote(quote.pk, actor=rep).pk, actor=rep)
    wish = {order.lines.get().pk: {"discount_rate": Decimal("0.18")}}
    with pytest.raises(DiscountAboveLimit, match=REFUSAL):
        change_order(order.pk, Changes(lines=wish), actor=rep)
    assert not OrderChange.objects.exists()
    assert Order.objects.get().total == Decimal("1200.00")


def test_takes_the_nearest_limit(market: Market) -> None:
    top = Team.objects.create(name="Sales", discount_limit_rate=Decimal("0.25"))
    middle = TeamFactory.create(parent=top)
    person = UserFactory.create(team=TeamFactory.create(parent=middle))
    assert discount_limit(person) == Decimal("0.25")

    Team.objects.filter(pk=middle.pk).update(discount_limit_rate=Decimal("0.05"))
    assert discount_limit(User.objects.get(pk=person.pk)) == Decimal("0.05")

    person.discount_limit_rate = Decimal(0)
    assert discount_limit(person) == Decimal(0)


def test_knows_who_has_no_limit(market: Market) -> None:
    assert discount_limit(market.rep) is None
    assert discount_limit(System("Throughline")) is None
    assert discount_limit(Partner(name="Shop")) == Decimal(0)


@pytest.fixture
def signed_in(client: Client, rep: User) -> Client:
    client.force_login(rep)
    return client


def test_shows_the_refusal_beside_the_line(signed_in: Client, quote: Quote) -> None:
    address = reverse("sales:line-change", args=["quotes", quote.pk, quote.lines.get().pk])
    typed = {"description": "Machine", "quantity": "10", "unit_price": "100", "discount": "18%"}

    page = signed_in.post(address, typed, headers={"HX-Request": "true"})

    assert page.status_code == 422
    assert REFUSAL in page.content.decode()
    assert unchanged(quote)


def test_shows_the_refusal_beside_the_field_of_the_head(signed_in: Client, quote: Quote) -> None:
    address = reverse("sales:quote-edit", args=[quote.pk])
    seen = signed_in.get(address).context["seen"]
    typed = {"discount_rate": "18", "discount_amount": "0", "freight": "0"}

    page = signed_in.post(
        address, {"seen": seen, "name": "Refit", "owner": quote.owner_id, **typed}
    )

    assert REFUSAL in page.context["form"].errors["discount_rate"][0]
    assert page.status_code == 422
    assert unchanged(quote)


def test_shows_the_refusal_in_the_admin(signed_in: Client, quote: Quote, rep: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_staff=True)
    typed = {"name": quote.name, "discount_rate": "0.18", "discount_amount": "0", "freight": "0"}
    lines = {"lines-TOTAL_FORMS": "0", "lines-INITIAL_FORMS": "0"}

    page = signed_in.post(reverse("admin:sales_quote_change", args=[quote.pk]), {**typed, **lines})

    [error] = page.context["adminform"].form.errors["discount_rate"]
    assert REFUSAL in error
    assert unchanged(quote)


def test_lets_other_teams_give_nothing(client: Client, quote: Quote) -> None:
    client.force_login(UserFactory.create(role=roles.SALES_MANAGER))
    address = reverse("sales:line-change", args=["quotes", quote.pk, quote.lines.get().pk])
    typed = {"description": "Machine", "quantity": "10", "unit_price": "100", "discount": "5%"}

    assert client.post(address, typed).status_code == 404
    assert unchanged(quote)


def test_leaves_the_limits_to_the_administrators(client: Client, rep: User) -> None:
    User.objects.filter(pk=rep.pk).update(is_staff=True)
    client.force_login(rep)
    address = reverse("admin:crm_user_change", args=[rep.pk])

    assert client.post(address, {"discount_limit_rate": "1"}).status_code == 403
    rep.refresh_from_db()
    assert rep.discount_limit_rate == TENTH

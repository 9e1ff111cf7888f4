"""Bands, promotions, quantities, units, tax rates and exchange rates."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sales.pricing.discounts import (
    Band,
    DiscountKind,
    DiscountList,
    band_for,
    check_bands,
    volume_discount,
)
from sales.pricing.errors import (
    AmbiguousTaxRate,
    CurrencyMismatch,
    InvalidBands,
    InvalidDiscount,
    InvalidPromotion,
    InvalidQuantity,
    InvalidRate,
    NoTaxRate,
    PromotionUsedUp,
    QuantityNotAllowed,
)
from sales.pricing.exchange import cross_rate, to_base
from sales.pricing.promotions import Promotion, promotion_discounts
from sales.pricing.quantities import QuantitySelling, check_price_quantity, check_quantity
from sales.pricing.taxes import DatedTaxRate, tax_rate_on

DAY = dt.date(2026, 11, 22)
YESTERDAY, TOMORROW = DAY - dt.timedelta(1), DAY + dt.timedelta(1)


def band(low: str, high: str | None, value: str = "0.05") -> Band:
    """Make a band from strings."""
    return Band(Decimal(low), None if high is None else Decimal(high), Decimal(value))


@pytest.mark.parametrize(
    "bands",
    [
        [band("1", "10"), band("10", "20")],
        [band("5", None), band("6", "7")],
        [band("10", "20"), band("1", None)],
        [band("1", "1"), band("1", "1")],
        [band("3", "2")],
    ],
)
def test_refuses_bands_that_overlap_or_run_backwards(bands: list[Band]) -> None:
    with pytest.raises(InvalidBands):
        check_bands(bands)


def test_accepts_bands_that_only_touch_or_leave_a_gap() -> None:
    check_bands([band("10", "19.99999"), band("20", None), band("1", "9")])


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 10)), max_size=5), st.integers(1, 45))
def test_finds_at_most_one_band(spans: list[tuple[int, int]], quantity: int) -> None:
    bands = [Band(Decimal(low), Decimal(low + width), Decimal(0)) for low, width in spans]
    holding = [one for one in bands if one.holds(Decimal(quantity))]

    try:
        check_bands(bands)
    except InvalidBands:
        covered = [number for low, width in spans for number in range(low, low + width + 1)]
        assert len(covered) > len(set(covered))
    else:
        assert len(holding) <= 1
        assert band_for(bands, Decimal(quantity)) == (holding[0] if holding else None)


def volume(discounts: DiscountList | None, quantity: str = "10") -> Decimal:
    """Look up the discount on a unit of 20.00 EUR."""
    return volume_discount(
        discounts, quantity=Decimal(quantity), unit_price=Decimal(20), currency="EUR", line="1"
    )


def test_gives_no_volume_discount_without_an_active_list() -> None:
    assert volume(None) == 0
    assert volume(DiscountList(DiscountKind.PERCENT, [band("1", None)], active=False)) == 0


def test_refuses_a_discount_list_in_another_currency_only_where_it_is_amounts() -> None:
    with pytest.raises(CurrencyMismatch):
        volume(DiscountList(DiscountKind.AMOUNT, [band("1", None)], "USD"))

    assert volume(DiscountList(DiscountKind.PERCENT, [band("1", None)])) == 1


@pytest.mark.parametrize(
    ("kind", "value", "off"),
    [("amount", "0.005", "0.5"), ("percent", "0.05", "1"), ("amount", "0.000004", "0.0004")],
)
def test_takes_a_volume_discount_off_each_of_the_units_that_a_price_is_for(
    kind: str, value: str, off: str
) -> None:
    discounts = DiscountList(DiscountKind(kind), [band("1", None, value)], "EUR")
    found = volume_discount(
        discounts,
        quantity=Decimal(10),
        unit_price=Decimal(20),
        price_quantity=Decimal(100),
        currency="EUR",
    )
    assert found == Decimal(off)


def test_refuses_a_volume_discount_above_everything() -> None:
    with pytest.raises(InvalidDiscount) as refusal:
        volume(DiscountList(DiscountKind.PERCENT, [band("1", None, "1.01")]))

    assert refusal.value.line == "1"


def promote(promotion: Promotion, eligible: dict[str, str]) -> dict[str, str]:
    """Spread a promotion over lines in euros."""
    lines = {key: Decimal(amount) for key, amount in eligible.items()}
    shares = promotion_discounts(promotion, lines, currency="EUR", day=DAY)
    return {key: str(share) for key, share in shares.items()}


def test_spreads_a_promotion_over_the_eligible_lines() -> None:
    percent = Promotion("TEN", rate=Decimal("0.1"))
    amount = Promotion("FIVER", amount=Decimal(5), currency="EUR")

    assert promote(percent, {"b": "0.05", "a": "0.05"}) == {"b": "0.00", "a": "0.01"}
    assert promote(amount, {"a": "10.00", "b": "20.00"}) == {"a": "1.67", "b": "3.33"}


def test_takes_no_more_than_the_lines_come_to() -> None:
    promotion = Promotion("FIVER", amount=Decimal(5), currency="EUR")

    assert promote(promotion, {"a": "3.00"}) == {"a": "3.00"}


@pytest.mark.parametrize(
    "promotion",
    [
        Promotion("A", rate=Decimal("0.1"), valid_to=YESTERDAY),
        Promotion("A", rate=Decimal("0.1"), valid_from=TOMORROW),
        Promotion("A", rate=Decimal("1.1")),
        Promotion("A", rate=Decimal("0.1"), amount=Decimal(1), currency="EUR"),
        Promotion("A"),
        Promotion("A", amount=Decimal(-1), currency="EUR"),
    ],
)
def test_refuses_a_promotion_that_does_not_hold(promotion: Promotion) -> None:
    with pytest.raises(InvalidPromotion):
        promote(promotion, {"a": "3.00"})


def test_refuses_a_promotion_that_is_used_up() -> None:
    with pytest.raises(PromotionUsedUp, match="have more uses allowed in the admin"):
        promote(Promotion("A", rate=Decimal("0.1"), uses_left=0), {"a": "3.00"})


def test_refuses_a_promotion_that_covers_no_line_or_another_currency() -> None:
    with pytest.raises(InvalidPromotion):
        promote(Promotion("A", rate=Decimal("0.1")), {})
    with pytest.raises(CurrencyMismatch):
        promote(Promotion("A", amount=Decimal(1), currency="USD"), {"a": "3.00"})


@pytest.mark.parametrize(
    ("quantity", "rule", "sentence"),
    [
        (
            "2.5",
            {"selling": QuantitySelling.WHOLE},
            "This product is sold in whole units: enter 2 or 3 instead of 2.5.",
        ),
        (
            "2.25",
            {"selling": QuantitySelling.WHOLE_AND_FRACTIONAL, "decimals": 1},
            "This product is sold in steps of 0.1: enter 2.2 or 2.3 instead of 2.25.",
        ),
        (
            "0.5",
            {"decimals": 0},
            "This product is sold in whole units: enter 0 or 1 instead of 0.5.",
        ),
        (
            "0.000001",
            {},
            "This product is sold in steps of 0.00001: enter 0 or 0.00001 instead of 0.000001.",
        ),
    ],
)
def test_refuses_a_quantity_that_is_not_sold_and_names_those_that_are(
    quantity: str, rule: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(QuantityNotAllowed) as refusal:
        check_quantity(Decimal(quantity), line="2", **rule)

    assert (refusal.value.line, str(refusal.value)) == ("2", sentence)


@pytest.mark.parametrize("quantity", ["NaN", "Infinity"])
def test_refuses_a_quantity_that_is_no_number(quantity: str) -> None:
    with pytest.raises(InvalidQuantity) as refusal:
        check_quantity(Decimal(quantity), line="2")

    assert refusal.value.line == "2"


@pytest.mark.parametrize(
    ("quantity", "rule"),
    [
        ("2.000", {"selling": QuantitySelling.WHOLE}),
        ("100", {"selling": QuantitySelling.WHOLE, "decimals": 0}),
        ("-3", {"decimals": 0}),
        ("2.50", {"decimals": 1}),
        ("0.00001", {}),
    ],
)
def test_accepts_a_quantity_that_is_sold(quantity: str, rule: dict[str, Any]) -> None:
    check_quantity(Decimal(quantity), **rule)


RATES = [
    DatedTaxRate("standard", "DE", Decimal("0.16"), dt.date(2020, 7, 1), dt.date(2020, 12, 31)),
    DatedTaxRate("standard", "DE", Decimal("0.19"), dt.date(2021, 1, 1)),
    DatedTaxRate("standard", "AT", Decimal("0.2")),
    DatedTaxRate("reduced", "DE", Decimal("0.07")),
    DatedTaxRate("twice", "DE", Decimal("0.07")),
    DatedTaxRate("twice", "DE", Decimal("0.19")),
]


@pytest.mark.parametrize(
    ("day", "rate"), [("2020-12-31", "0.16"), ("2021-01-01", "0.19"), ("2026-11-22", "0.19")]
)
def test_finds_the_tax_rate_of_the_day(day: str, rate: str) -> None:
    found = tax_rate_on(RATES, category="standard", zone="DE", day=dt.date.fromisoformat(day))

    assert found == Decimal(rate)


def test_never_takes_an_unknown_tax_rate_for_zero() -> None:
    with pytest.raises(NoTaxRate) as refusal:
        tax_rate_on(RATES, category="standard", zone="DE", day=dt.date(2020, 6, 30), line="4")

    assert refusal.value.line == "4"
    assert str(refusal.value) == (
        "No tax rate of standard in DE is known on 30 Jun 2020: "
        "have it entered in the admin under Tax rates."
    )


def test_refuses_to_choose_between_two_tax_rates() -> None:
    sentence = "hold on 22 Nov 2026: have all but one ended in the admin under Tax rates"
    with pytest.raises(AmbiguousTaxRate, match=sentence):
        tax_rate_on(RATES, category="twice", zone="DE", day=DAY)


def test_crosses_two_rates_to_twelve_decimals() -> None:
    assert str(cross_rate(Decimal("0.95"), Decimal("1.08"))) == "0.879629629630"


@pytest.mark.parametrize("rate", ["0", "-1", "NaN", "Infinity"])
def test_refuses_an_exchange_rate_without_meaning(rate: str) -> None:
    with pytest.raises(InvalidRate):
        to_base(Decimal(1), Decimal(rate), "EUR")


@given(
    st.integers(-(10**9), 10**9),
    st.decimals("0.0001", 10_000, places=12),
)
def test_comes_back_from_the_base_to_within_what_rounding_loses(cents: int, rate: Decimal) -> None:
    amount = Decimal(cents) / 100

    there_and_back = to_base(amount, rate, "EUR") * rate

    assert abs(there_and_back - amount) <= rate * Decimal("0.005")


@pytest.mark.parametrize("quantity", ["1", "100", "1000000", "0.00001", "2.5", "1E+3"])
def test_lets_a_price_be_for_any_number_of_units(quantity: str) -> None:
    check_price_quantity(Decimal(quantity))


@pytest.mark.parametrize(
    ("quantity", "reason"),
    [
        *((each, "more than 0 and at most 1,000,000 units") for each in ("0", "-1", "1000001")),
        ("0", "more than 0 and at most 1,000,000 units"),
        ("-1", "more than 0 and at most 1,000,000 units"),
        ("1000000.00001", "more than 0 and at most 1,000,000 units"),
        ("NaN", "more than 0 and at most 1,000,000 units"),
        ("sNaN", "more than 0 and at most 1,000,000 units"),
        ("Infinity", "more than 0 and at most 1,000,000 units"),
        ("1E+9999999", "more than 0 and at most 1,000,000 units"),
        ("0.000001", "at most 5 decimals"),
        ("1E-9999999", "at most 5 decimals"),
    ],
)
def test_refuses_a_price_for_no_number_of_units(quantity: str, reason: str) -> None:
    with pytest.raises(InvalidQuantity, match=reason) as refusal:
        check_price_quantity(Decimal(quantity), line="3")

    assert refusal.value.line == "3"

"""Promotion codes: the discount of a code, spread over the lines it applies to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from common.sentences import Percentage
from common.sentences import sentence as _
from sales.pricing.allocation import allocate, fit_between
from sales.pricing.errors import CurrencyMismatch, InvalidPromotion, PromotionUsedUp
from sales.pricing.money import EXACT, ONE, ZERO, Rounding, round_money
from sales.pricing.validity import holds_on


@dataclass(frozen=True, slots=True)
class Promotion:
    """A percentage, as a fraction, or an amount with its currency; uses_left None is no limit."""

    code: str
    rate: Decimal | None = None
    amount: Decimal | None = None
    currency: str | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    uses_left: int | None = None


@dataclass(frozen=True, slots=True)
class BilledPromotion:
    """What codes took off of what is billed of a line, and which part of it that is.

    ``is_all`` where the line keeps its figures.
    """

    amount: Decimal
    part: Decimal = ONE
    is_all: bool = False


NOT_BILLED = BilledPromotion(ZERO)


def check_promotion(promotion: Promotion, day: dt.date) -> None:
    """Refuse a code that is not valid on the day, used up, or neither percentage nor amount."""
    if not holds_on(day, promotion.valid_from, promotion.valid_to):
        raise InvalidPromotion(
            _(
                "Promotion code %(code)s is not valid on %(day)s: "
                "go on without it, or have its days changed in the admin under Promotion codes.",
                code=promotion.code,
                day=day,
            )
        )
    if promotion.uses_left is not None and promotion.uses_left < 1:
        raise used_up(promotion.code)
    if (promotion.rate is None) == (promotion.amount is None):
        raise InvalidPromotion(
            _(
                "Promotion code %(code)s needs either a percentage or an amount.",
                code=promotion.code,
            )
        )


def used_up(code: str, field: str | None = None) -> PromotionUsedUp:
    """Make the refusal of a code that was used as often as it may be."""
    return PromotionUsedUp(
        _(
            "Promotion code %(code)s is used up: "
            "go on without it, or have more uses allowed in the admin under Promotion codes.",
            code=code,
        ),
        field=field,
    )


def check_currency(promotion: Promotion, currency: str) -> None:
    """Refuse a code of an amount in another currency than the document's."""
    if promotion.amount is not None and promotion.currency != currency:
        raise CurrencyMismatch(
            _(
                "Promotion code %(code)s is in %(currency)s, the document in %(document)s: "
                "choose one in %(document)s.",
                code=promotion.code,
                currency=promotion.currency,
                document=currency,
            )
        )


def check_applies(code: str, value: Decimal, field: str | None = None) -> None:
    """Refuse a code that comes to nothing, on the lines it is for or in what it takes off."""
    if value <= 0:
        raise InvalidPromotion(
            _(
                "Promotion code %(code)s applies to none of these lines: "
                "go on without it, or add a product that it is for.",
                code=code,
            ),
            field=field,
        )


def promotion_discounts(
    promotion: Promotion,
    eligible: Mapping[str, Decimal],
    *,
    currency: str,
    day: dt.date,
    rounding: Rounding = Rounding.HALF_UP,
) -> dict[str, Decimal]:
    """Spread what the code takes off over the eligible lines' amounts, by largest remainder.

    Percentage: Σ eligible × rate, rounded once. Amount: never more than the eligible lines come to.
    """
    check_promotion(promotion, day)
    value = sum(eligible.values(), ZERO)
    check_applies(promotion.code, value)
    off = _taken_off(promotion, value, currency, rounding)
    keys = list(eligible)
    shares = allocate(off, list(eligible.values()), currency, keys=keys)
    return dict(zip(keys, shares, strict=True))


def keep_billed(
    shares: Mapping[str, Decimal],
    billed: Mapping[str, BilledPromotion],
    most: Mapping[str, Decimal],
    currency: str,
) -> dict[str, Decimal]:
    """Give each line at least what is billed of a code's share; the others share what is left.

    ``most`` is what each line comes to. The shares make the same sum as far as that allows.

    >>> given = {"billed": Decimal(50), "new": Decimal(450)}
    >>> most, billed = {"billed": Decimal(1000), "new": Decimal(9000)}, {"billed": Decimal(400)}
    >>> fitted = keep_billed(
    ...     given, {key: BilledPromotion(amount) for key, amount in billed.items()}, most, "EUR"
    ... )
    >>> [str(share) for share in fitted.values()]
    ['400', '100.00']
    """
    least, bounds = [], []
    for key in shares:
        line = billed.get(key, NOT_BILLED)
        least.append(line.amount)
        bounds.append(line.amount if line.is_all else max(line.amount, most[key]))
    fitted = fit_between(list(shares.values()), least, bounds, currency)
    return dict(zip(shares, fitted, strict=True))


def promotion_shares(
    taken: Decimal, amount: Decimal, given: Sequence[tuple[Promotion, Decimal]], currency: str
) -> list[Decimal]:
    """Split what codes took off a line into what each of them did; the shares sum to it exactly.

    ``amount`` is what the line comes to before them, ``given`` what each would take off it now. A
    percentage took its part of what the codes before it left; codes of an amount took the rest, as
    a line that is closed keeps only a part of its share of their amount, and one that is billed
    keeps more than it would get now.
    """
    by_rate, by_amount = [], []
    left, left_by_amount = amount, ZERO
    for promotion, share in given:
        is_rate = promotion.rate is not None
        rate = promotion.rate if promotion.rate is not None and share else ZERO
        by_rate.append(EXACT.multiply(left, rate))
        by_amount.append(EXACT.multiply(left_by_amount, rate) if is_rate else share)
        left, left_by_amount = left - by_rate[-1], left_by_amount - by_amount[-1]
    whole = sum(by_amount, ZERO)
    part = max(ZERO, taken - sum(by_rate, ZERO))
    weights = [
        EXACT.multiply(fixed, whole) + EXACT.multiply(moving, part) if whole else fixed
        for fixed, moving in zip(by_rate, by_amount, strict=True)
    ]
    return allocate(taken, weights, currency)


def _taken_off(promotion: Promotion, value: Decimal, currency: str, rounding: Rounding) -> Decimal:
    if promotion.rate is not None:
        if not 0 <= promotion.rate <= 1:
            raise InvalidPromotion(
                _(
                    "Promotion code %(code)s takes off %(rate)s: it must be between 0%% and 100%%.",
                    code=promotion.code,
                    rate=Percentage(promotion.rate),
                )
            )
        return round_money(EXACT.multiply(value, promotion.rate), currency, rounding)
    check_currency(promotion, currency)
    amount = promotion.amount or ZERO
    if amount < 0:
        raise InvalidPromotion(
            _(
                "Promotion code %(code)s would raise the price: "
                "have its amount changed to 0 or more in the admin under Promotion codes.",
                code=promotion.code,
            )
        )
    return round_money(min(amount, value), currency, rounding)

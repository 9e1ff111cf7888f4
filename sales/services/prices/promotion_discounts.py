"""Promotion discounts: what the codes of a document take off, line by line."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias, TypedDict

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef
from django.utils.translation import gettext
from django_stubs_ext import WithAnnotations

from sales.models import AnyDocument, DocumentLine, Invoice, PromotionCode, PromotionUse
from sales.pricing.documents import line_amounts
from sales.pricing.errors import InvalidPromotion, PricingError
from sales.pricing.money import EXACT
from sales.pricing.promotions import (
    BilledPromotion,
    Promotion,
    check_applies,
    check_currency,
    check_promotion,
    keep_billed,
    promotion_discounts,
    promotion_shares,
)
from sales.services.prices.pricing_input import line_input, terms_of

ZERO = Decimal(0)
NONE_BILLED: Mapping[str, BilledPromotion] = {}


class MeantFor(TypedDict):
    """The products and accounts that the code of a use is meant for; all where there are none."""

    product_ids: list[uuid.UUID]
    account_ids: list[uuid.UUID]


ReadUse: TypeAlias = "WithAnnotations[PromotionUse, MeantFor]"
"""A use as ``promotions_of`` reads it."""


def promotions_of(document: AnyDocument) -> list[ReadUse]:
    """Read the codes of a document in the order they were applied, in one statement.

    A document that is not stored yet has none.

    Along with each use come ``product_ids`` and ``account_ids``, which its code is meant for.
    """
    if isinstance(document, Invoice) or document._state.adding:
        return []
    products = PromotionCode.products.through._default_manager
    accounts = PromotionCode.accounts.through._default_manager
    of_code = {"promotioncode": OuterRef("code")}
    return list(
        document.promotions.select_related("code")
        .annotate(
            product_ids=ArraySubquery(products.filter(**of_code).values("product_id")),
            account_ids=ArraySubquery(accounts.filter(**of_code).values("account_id")),
        )
        .order_by("id")
    )


def spread_promotions(
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    uses: Sequence[ReadUse],
    billed: Mapping[str, BilledPromotion] = NONE_BILLED,
) -> None:
    """Set on each line, and on each of ``promotions_of``, what the codes take off; save nothing.

    Each code works on what the codes before it left. One that no longer applies takes nothing
    off; `promotion_problems` says why, and the document cannot be issued until it is removed. What
    of the lines is ``billed`` keeps its promotion; the others share what is left of the codes.
    """
    for line in lines:
        line.promotion_discount = ZERO
    if not uses:
        return
    least = _billed_by_code(document, lines, uses, billed) if billed else ()
    for use, shares in _by_code(document, lines, uses, least):
        for line in lines:
            line.promotion_discount += shares.get(str(line.pk), ZERO)
        use.amount = sum(shares.values(), ZERO)


def promotion_problems(document: AnyDocument) -> list[PricingError]:
    """List which of a document's codes no longer apply, and why."""
    problems: list[PricingError] = []
    for use in promotions_of(document):
        try:
            _check_use(use, document)
            if not use.is_counted:
                check_applies(use.code.code, use.amount)
        except PricingError as error:
            error.field = "promotion"
            problems.append(error)
    return problems


def _check_use(use: ReadUse, document: AnyDocument) -> None:
    """Refuse a code that no longer applies; a use that is redeemed already holds."""
    if not use.is_counted:
        check_code(use.code, document, meant_for=use.account_ids)


def check_code(
    code: PromotionCode, document: AnyDocument, *, meant_for: Collection[uuid.UUID]
) -> None:
    """Refuse a code that is not valid on the day, used up, or not for this customer or currency.

    ``meant_for`` are the accounts that may use it; all may if there are none.
    """
    if not code.is_active:
        raise InvalidPromotion(
            gettext(
                "Promotion code %(code)s is not active: "
                "go on without it, or have it activated in the admin under Promotion codes."
            )
            % {"code": code}
        )
    promotion = as_promotion(code)
    check_promotion(promotion, document.company.today())
    check_currency(promotion, document.currency)
    if meant_for and document.account_id not in meant_for:
        raise InvalidPromotion(
            gettext(
                "Promotion code %(code)s is not valid for %(account)s: "
                "go on without it, or have the account added to it in the admin "
                "under Promotion codes."
            )
            % {"code": code, "account": document.account}
        )


def as_promotion(code: PromotionCode, *, is_counted: bool = False) -> Promotion:
    """Convert a code for pricing; one redeemed for this document has no limits any more."""
    by_rate = code.kind == PromotionCode.Kind.PERCENT
    return Promotion(
        code=code.code,
        rate=code.discount_rate if by_rate else None,
        amount=None if by_rate else code.discount_amount,
        currency=code.currency or None,
        valid_from=None if is_counted else code.valid_from,
        valid_to=None if is_counted else code.valid_to,
        uses_left=None if is_counted else code.uses_left,
    )


def share_promotions(
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    uses: Sequence[ReadUse],
) -> None:
    """Set on each of ``promotions_of`` its share of what the lines say that codes took off.

    Lines of a changed order may say less than the codes would give them now: what is billed
    keeps its promotion, and a line that is closed keeps the part of it that is billed.
    """
    taken = {str(line.pk): BilledPromotion(line.promotion_discount) for line in lines}
    by_code = _split_by_code(document, lines, uses, taken)
    for use, shares in zip(uses, by_code, strict=True):
        use.amount = sum(shares.values(), ZERO)


def _billed_by_code(
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    uses: Sequence[ReadUse],
    billed: Mapping[str, BilledPromotion],
) -> list[dict[str, BilledPromotion]]:
    """Split what is billed of the codes of each line into what is billed of each code."""
    return [
        {key: replace(billed[key], amount=share) for key, share in shares.items()}
        for shares in _split_by_code(document, lines, uses, billed)
    ]


def _split_by_code(
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    uses: Sequence[ReadUse],
    taken: Mapping[str, BilledPromotion],
) -> list[dict[str, Decimal]]:
    """Split what all codes took off each line, or a part of it, into what each of them did."""
    amounts = _before_codes(document, lines)
    priced = [shares for _, shares in _by_code(document, lines, uses)]
    codes = [as_promotion(use.code) for use in uses]
    split: list[dict[str, Decimal]] = [{} for _ in uses]
    for key, whole in taken.items():
        given = [(code, shares.get(key, ZERO)) for code, shares in zip(codes, priced, strict=True)]
        amount = EXACT.multiply(amounts.get(key, ZERO), whole.part)
        shares = promotion_shares(whole.amount, amount, given, document.currency)
        for of_code, share in zip(split, shares, strict=True):
            of_code[key] = share
    return split


def _by_code(
    document: AnyDocument,
    lines: Sequence[DocumentLine],
    uses: Sequence[ReadUse],
    billed: Sequence[Mapping[str, BilledPromotion]] = (),
) -> Iterator[tuple[ReadUse, dict[str, Decimal]]]:
    """Work out what each code takes off which line, after the codes before it.

    ``billed`` is what is billed of each code, if anything of the document is.
    """
    left = _before_codes(document, lines)
    by_key = {str(line.pk): line for line in lines}
    day = document.company.today()
    for place, use in enumerate(uses):
        shares = _shares(document, use, by_key, left, day)
        if billed:
            shares = keep_billed(shares, billed[place], left, document.currency)
        for key, share in shares.items():
            left[key] -= share
        yield use, shares


def _before_codes(document: AnyDocument, lines: Sequence[DocumentLine]) -> dict[str, Decimal]:
    """Return what each line comes to before any code."""
    inputs = [replace(line_input(line), promotion_discount=ZERO) for line in lines]
    return line_amounts(inputs, terms_of(document))


def _shares(
    document: AnyDocument,
    use: ReadUse,
    lines: Mapping[str, DocumentLine],
    left: dict[str, Decimal],
    day: dt.date,
) -> dict[str, Decimal]:
    products = set(use.product_ids)
    eligible = {
        key: amount
        for key, amount in left.items()
        if amount > 0 and (not products or lines[key].product_id in products)
    }
    try:
        _check_use(use, document)
        return promotion_discounts(
            as_promotion(use.code, is_counted=use.is_counted),
            eligible,
            currency=document.currency,
            day=day,
            rounding=terms_of(document).rounding,
        )
    except PricingError:
        return {}

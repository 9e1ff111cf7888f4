"""Readiness check: lists every problem that prevents a document from being issued."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from django.utils.translation import gettext

from common.errors import DomainError, MissingField, raise_all
from common.formatting import format_day, format_money, format_rate
from crm.custom_fields import missing_custom
from sales.models import AnyDocument, DocumentLine, Order, OrderLine, Quote
from sales.pricing.errors import (
    MissingPrice,
    NegativeTotal,
    NoExchangeRate,
    NoLines,
    NoTaxRate,
    ProductNotInPriceList,
)
from sales.services.documents.new_lines import check_line_quantity, check_unit
from sales.services.documents.tax_rates import no_tax_rate_reason
from sales.services.prices.list_prices import check_list, check_product_sold
from sales.services.prices.promotion_discounts import promotion_problems

ZERO = Decimal(0)
Source = DocumentLine.PriceSource
AGREED_ELSEWHERE = frozenset({Source.QUOTE, Source.EXTERNAL})


def check_price_list(order: Order) -> None:
    """Refuse to submit an order without a price list."""
    if order.price_list_id is None:
        raise MissingField(gettext("An order needs a price list: choose one."), field="price_list")


def check_ready(document: AnyDocument, lines: Sequence[DocumentLine]) -> None:
    """Refuse to issue a document with problems, and name all of them at once."""
    raise_all(problems_of(document, lines))


def problems_of(document: AnyDocument, lines: Sequence[DocumentLine]) -> list[DomainError]:
    """List what keeps a draft from being issued: of the head, then line by line.

    `lines` come from `lines_of`. Four statements at most without codes, however many lines.
    """
    if not any(line.counts and line.quantity for line in lines):
        return [NoLines(gettext("There is nothing on this document yet: add a line first."))]
    problems = [
        *_head_problems(document, lines),
        *missing_custom(document),
        *promotion_problems(document),
        *_negative_rates(document, lines),
    ]
    day = document.company.today()
    for number, line in enumerate(lines, start=1):
        if line.counts:
            for problem in _line_problems(document, line, day):
                problem.message = gettext("Line %(number)d, %(line)s: %(problem)s") % {
                    "number": number,
                    "line": line.description,
                    "problem": problem,
                }
                problem.line = str(line.pk)
                problems.append(problem)
    return problems


def _negative_rates(
    document: AnyDocument, lines: Sequence[DocumentLine]
) -> Iterator[NegativeTotal]:
    """Name each tax rate at which more is taken off than is sold."""
    counting = [line for line in lines if line.counts and line.is_taxed]
    for rate in sorted({line.tax_rate for line in counting if line.tax_rate is not None}):
        at_rate = [line for line in counting if line.tax_rate == rate]
        net = sum((line.taxable for line in at_rate), ZERO)
        tax = sum((line.tax for line in at_rate), ZERO)
        if net < 0 or tax < 0:
            deductions = [line.description for line in at_rate if line.is_deduction]
            yield NegativeTotal(
                gettext(
                    "At %(rate)s tax the document comes to %(net)s: reduce %(deductions)s, "
                    "or sell more at that rate."
                )
                % {
                    "rate": format_rate(rate),
                    "net": format_money(net, document.currency),
                    "deductions": ", ".join(deductions),
                }
            )


def is_agreed(document: AnyDocument, line: DocumentLine) -> bool:
    """Return whether price and quantity were agreed before: in a quote, an order or outside."""
    agreed: bool = line.bills_order or line.price_source in AGREED_ELSEWHERE
    return agreed or document.prices_locked


def _head_problems(document: AnyDocument, lines: Sequence[DocumentLine]) -> list[DomainError]:
    problems: list[DomainError] = []
    if not document.name:
        problems.append(MissingField(gettext("Give the document a name."), field="name"))
    if isinstance(document, Quote) and document.price_list_id is None:
        problems.append(
            MissingField(
                gettext(
                    "A quote needs a price list, which its prices are measured against: choose one."
                ),
                field="price_list",
            )
        )
    from_list = any(
        line.counts and line.price_source == Source.LIST and not is_agreed(document, line)
        for line in lines
        if line.product_id
    )
    price_list = document.price_list
    if from_list and price_list is not None:
        day = document.company.today()
        _collect(problems, lambda: check_list(price_list, document.currency, day), "price_list")
    if document.is_draft:
        _collect(problems, lambda: _check_exchange_rate(document), "currency")
    if isinstance(document, Order) and _lacks_address(document, lines):
        problems.append(_no_address(document))
    return problems


def _no_address(order: Order) -> MissingField:
    sentence = gettext(
        "There are goods, and no address they go to: type one in the change order, under “Ship to”."
    )
    if order.is_draft:
        sentence = gettext(
            "There are goods, and no address they go to: "
            "type one under “Edit head”, from “Ship to” on."
        )
    return MissingField(sentence, field="shipping_address")


def _check_exchange_rate(document: AnyDocument) -> None:
    """Refuse a document in a currency of which no rate is known; it is never taken for one."""
    base = document.company.base_currency
    if document.currency != base and document.exchange_rate_on is None:
        raise NoExchangeRate(
            gettext(
                "No exchange rate from %(base)s to %(currency)s is known on %(day)s: "
                "have one entered in the admin under Exchange rates."
            )
            % {
                "base": base,
                "currency": document.currency,
                "day": format_day(document.company.today()),
            }
        )


def _lacks_address(order: Order, lines: Sequence[DocumentLine]) -> bool:
    has_goods = any(
        line.counts and line.is_shipped_goods for line in lines if isinstance(line, OrderLine)
    )
    return has_goods and not order.delivery_address


def _line_problems(
    document: AnyDocument, line: DocumentLine, day: dt.date
) -> Iterator[DomainError]:
    found: list[DomainError] = []
    product = line.product
    if product is not None:
        _collect(found, lambda: check_unit(line), "unit")
        if not is_agreed(document, line):
            _collect(found, lambda: check_product_sold(product, day), "product")
            _collect(found, lambda: check_line_quantity(line), "quantity")
    yield from found
    if line.unit_price is None:
        yield _no_price(document, line)
    if line.tax_rate is None and line.is_taxed:
        yield NoTaxRate(no_tax_rate_reason(document, line), field="tax_rate")


def _no_price(document: AnyDocument, line: DocumentLine) -> DomainError:
    """Distinguish a list without the product from one with the product but no price."""
    on_a_list = line.product_id is not None and document.price_list is not None
    if on_a_list and line.price_list_item_id is None:
        return ProductNotInPriceList(
            gettext(
                "The product is not on price list %(price_list)s per %(unit)s: choose another "
                "unit or price list, or have it added in the admin under Price list items."
            )
            % {"price_list": document.price_list, "unit": line.unit or gettext("unit")},
            field="product",
        )
    if line.product_id is not None and document.price_list is None:
        return MissingPrice(
            gettext("There is no price: choose a price list, or type a price."), field="unit_price"
        )
    return MissingPrice(gettext("There is no price: type one."), field="unit_price")


def _collect(problems: list[DomainError], check: Callable[[], None], field: str) -> None:
    try:
        check()
    except DomainError as error:
        error.field = error.field or field
        problems.append(error)

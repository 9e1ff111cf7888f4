"""New lines: product, unit, list price and the checks every line passes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import TypeVar, Unpack

from django.db.models import Max
from django.utils.translation import gettext

from common.errors import DomainError, MissingField
from sales.models import (
    AnyDocument,
    AnyLine,
    DocumentLine,
    Order,
    OrderLine,
    Product,
    Unit,
    kind_of,
)
from sales.pricing.errors import (
    InvalidAmount,
    MissingUnit,
    NotForThisLine,
    WrongUnit,
)
from sales.pricing.lines import Terms, check_one_discount, refuse_discounts
from sales.pricing.quantities import check_not_negative, check_stored_quantity
from sales.pricing.rates import check_discount_rate, check_tax_rate
from sales.services.documents.draft_fields import LineChanges, LineFields, NewLineFields
from sales.services.documents.typed_figures import (
    check_amount,
    check_discount_amount,
    check_number,
    check_price,
    check_price_units,
    check_unit_discount,
)
from sales.services.errors import PricesLocked
from sales.services.prices.costs import known_cost
from sales.services.prices.list_prices import (
    ListPrices,
    check_list,
    check_product_sold,
    check_sold_in,
)

Typed = TypeVar("Typed", LineChanges, Mapping[str, object])


@contextmanager
def error_context(line: DocumentLine, field: str | None = None) -> Iterator[None]:
    """Add the line, and the field of it, to every refusal raised inside."""
    try:
        yield
    except DomainError as error:
        error.line = error.line or str(line.pk)
        error.field = error.field or field
        raise


def new_line(
    draft: AnyDocument,
    *,
    position: int | None = None,
    **fields: Unpack[NewLineFields],
) -> AnyLine:
    """Make an unsaved line, at the end of the document unless its place is given.

    The price is as people type it: that of a deduction is what it takes off.
    """
    if position is None:
        position = last_position(draft) + 1
    if fields.get("unit_price") is not None:
        fields.setdefault("price_source", DocumentLine.PriceSource.TYPED)
    fields.setdefault("quantity", Decimal(1))
    clear_other_discount(fields)
    kind = kind_of(draft)
    line = kind.line_model(
        **fields,
        **{kind.line_owner: draft},
        position=position,
        tax_rate_is_typed=fields.get("tax_rate") is not None,
    )
    if line.product is None and "kind" not in fields:
        line.kind = DocumentLine.Kind.WRITE_IN
    line.unit_price = line.signed_price(line.unit_price)
    take_tax_category(line)
    if line.is_optional and "is_taken" not in fields:
        line.is_taken = False
    return line


def with_signed_price(line: DocumentLine, fields: Typed) -> Typed:
    """Return what was typed on a line, its price as the line has it."""
    price = fields.get("unit_price")
    if not isinstance(price, Decimal):
        return fields
    return {**fields, "unit_price": line.signed_price(price)}


def take_tax_category(line: DocumentLine) -> None:
    """Tax a line without a product as its product category says, unless it says itself."""
    category = line.product_category
    if line.product_id is None and category is not None and line.tax_category_id is None:
        line.tax_category_id = category.tax_category_id


def last_position(document: AnyDocument) -> int:
    """Return the place of the document's last line; 0 where there is none."""
    if document._state.adding:
        return 0
    last: int | None = document.lines.aggregate(last=Max("position"))["last"]
    return last or 0


def insert_lines(document: AnyDocument, lines: Sequence[AnyLine]) -> None:
    """Save new lines of a document in one statement."""
    kind_of(document).line_model._default_manager.bulk_create(lines)  # type: ignore[arg-type]  # all of one kind


def fill_from_product(
    line: DocumentLine,
    draft: AnyDocument,
    product: Product,
    unit: Unit | None,
    prices: ListPrices | None = None,
) -> None:
    """Copy a product's name, unit, category and list price of the day to a line."""
    day = draft.company.today()
    put_product(line, product, unit, day)
    if draft.price_list is not None:
        with error_context(line, "product"):
            check_list(draft.price_list, draft.currency, day)
    line.product_category_id = line.product_category_id or product.category_id
    line.tax_category_id = product.tax_category_id
    prices = prices or ListPrices(draft.price_list, [product], day)
    line.unit_cost = known_cost(product, draft.currency, prices.rates)
    take_list_price(line, draft, prices)


def put_product(line: DocumentLine, product: Product, unit: Unit | None, day: dt.date) -> None:
    """Put a product on a line, in its own unit unless one is given.

    Refuse a product that is not sold on the day, and a unit that it is not counted in.
    """
    with error_context(line, "product"):
        check_product_sold(product, day)
    line.kind, line.product = DocumentLine.Kind.PRODUCT, product
    line.unit = unit or product.default_unit
    check_unit(line)
    line.sku = product.sku
    line.description = line.description or product.name


def take_list_price(
    line: DocumentLine, document: AnyDocument, prices: ListPrices | None = None
) -> None:
    """Freeze today's list price on a line.

    One that is settled elsewhere stays, and is not reduced by volume: typed, from an external
    system, agreed in a quote, or that of a part in a bundle.
    """
    product = line.product
    if product is None:
        return
    stays = line.price_source != DocumentLine.PriceSource.LIST
    with error_context(line, "product"):
        prices = prices or ListPrices(document.price_list, [product], document.company.today())
        try:
            found = prices.of(product, line.unit, line.quantity)
        except DomainError:
            if stays:
                return
            raise
    if stays:
        line.price_list_item = found.item
    else:
        found.put_on(line)


def check_unit(line: DocumentLine) -> None:
    """Refuse a product's line without a unit, or with one its product is not counted in."""
    if line.product is None:
        return
    if line.unit is None:
        raise MissingUnit(
            gettext("Choose the unit of %(product)s.") % {"product": line.product.sku},
            line=str(line.pk),
            field="unit",
        )
    if line.unit.group_id != line.product.unit_group_id:
        raise WrongUnit(
            gettext("%(product)s is not sold per %(unit)s: choose another unit.")
            % {"product": line.product.sku, "unit": line.unit},
            line=str(line.pk),
            field="unit",
        )


def check_line(line: DocumentLine, terms: Terms) -> None:
    """Refuse a line that is incomplete, or has an impossible quantity, price or discount."""
    with error_context(line):
        if not line.description:
            raise MissingField(
                gettext("Describe the line: it has no description."), field="description"
            )
        _check_figures(line, terms)
        check_not_negative(line.quantity, "quantity")
        if line.is_deduction:
            _check_deduction(line)
        elif line.unit_price is not None and line.unit_price < 0:
            raise InvalidAmount(
                gettext(
                    "A price cannot be negative: give a discount, or add a trade-in or rebate."
                ),
                field="unit_price",
            )
        if line.kind == DocumentLine.Kind.WRITE_IN and line.product_category_id is None:
            raise MissingField(
                gettext("A write-in product needs a product category: choose one."),
                field="product_category",
            )
    check_line_quantity(line)


def _check_deduction(line: DocumentLine) -> None:
    """Refuse a trade-in or rebate that adds, is reduced itself, is optional or cannot be taxed."""
    if line.unit_price is not None and line.unit_price > 0:
        raise InvalidAmount(
            gettext("Type what is taken off as an amount above zero: it is shown with a minus."),
            field="unit_price",
        )
    refuse_discounts(line.discount_amount, line.discount_rate)
    if line.is_optional:
        raise NotForThisLine(
            gettext(
                "A trade-in or rebate cannot be optional: it counts as a discount as it stands."
            ),
            field="is_optional",
        )
    if line.product_category_id is None and line.tax_category_id is None:
        raise MissingField(
            gettext("A trade-in or rebate needs a product category or a tax category: choose one."),
            field="tax_category",
        )


def _check_figures(line: DocumentLine, terms: Terms) -> None:
    """Refuse figures that the database could not store, or would round."""
    if line.quantity is None:
        raise MissingField(gettext("Give a quantity."), field="quantity")
    check_number(line.quantity, "quantity")
    if line.unit_price is not None:
        check_price(line.unit_price)
    check_price_units(line.price_quantity)
    _check_charge(line, terms)
    if line.discount_amount is not None:
        _check_discount(line.discount_amount, terms)
    if line.discount_rate is not None:
        check_discount_rate(line.discount_rate, "discount")
    if line.tax_rate is not None:
        check_tax_rate(line.tax_rate, "tax_rate")


def _check_charge(line: DocumentLine, terms: Terms) -> None:
    check_amount(line.charge_amount, terms.currency, "charge_amount")
    if line.charge_amount and not (line.is_sold and isinstance(line, OrderLine)):
        raise NotForThisLine(
            gettext(
                "%(line)s cannot have a charge: only goods and services of an order have one, "
                "add the amount as a line of its own."
            )
            % {"line": line.description},
            field="charge_amount",
        )


def _check_discount(amount: Decimal, terms: Terms) -> None:
    if terms.per_unit_discount:
        check_unit_discount(amount, "discount")
    else:
        check_discount_amount(amount, terms.currency, "discount")


def clear_cancelled(line: DocumentLine) -> None:
    """Clear discount and charge of a line of which nothing is wanted any more."""
    if not line.quantity:
        line.discount_amount = line.discount_rate = None
        line.charge_amount = Decimal(0)


def check_line_quantity(line: DocumentLine) -> None:
    """Refuse a quantity that is too fine, or that the product or price list is not sold in."""
    with error_context(line, "quantity"):
        if line.product is None:
            check_stored_quantity(line.quantity)
            return
        check_sold_in(line.product, line.price_list_item, line.quantity)


def clear_other_discount(fields: LineFields) -> None:
    """Clear the other kind of discount when an amount or a percentage is typed."""
    check_one_discount(fields.get("discount_amount"), fields.get("discount_rate"))
    if fields.get("discount_amount") is not None:
        fields["discount_rate"] = None
    elif fields.get("discount_rate") is not None:
        fields["discount_amount"] = None


def refuse_locked(document: AnyDocument) -> None:
    """Refuse to take new list prices for a document whose prices were agreed."""
    if isinstance(document, Order) and document.prices_locked:
        if document.quote is None:
            raise PricesLocked(
                gettext("The prices were agreed: unlock them first, or type the price of a line.")
            )
        raise PricesLocked(
            gettext(
                "The prices were agreed in quote %(quote)s: unlock them first, "
                "or type the price of a line."
            )
            % {"quote": document.quote}
        )

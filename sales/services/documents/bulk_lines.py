"""Bulk adding: many new lines of a document, built and inserted in as many statements as one."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import prefetch_related_objects

from crm.actors import Actor
from sales.models import AnyDocument, AnyLine, Product
from sales.services.documents.bundles import new_parts
from sales.services.documents.draft_fields import NewLineFields
from sales.services.documents.new_lines import (
    check_line,
    fill_from_product,
    insert_lines,
    last_position,
    new_line,
)
from sales.services.prices.list_prices import ListPrices
from sales.services.prices.override_rights import check_price
from sales.services.prices.price_sources import typed_source
from sales.services.prices.pricing_input import terms_of


def insert_new_lines(
    document: AnyDocument, wanted: Sequence[NewLineFields], actor: Actor, *, with_parts: bool = True
) -> list[AnyLine]:
    """Build, check and insert lines at the end of a document, and return them.

    A bundle brings its parts along, unless ``with_parts`` is false: then it is a line like others.
    Seven statements at most, however many lines; the caller prices the document.
    """
    lines = checked_lines(document, wanted, actor)
    insert_lines(document, with_their_parts(document, lines) if with_parts else lines)
    return lines


def checked_lines(
    document: AnyDocument,
    wanted: Sequence[NewLineFields],
    actor: Actor,
    prices: ListPrices | None = None,
) -> list[AnyLine]:
    """Build and check lines at the end of a document, and save nothing.

    ``prices`` are those of all their products, if they are read already.
    """
    for new in wanted:
        if new.get("product") is not None and new.get("unit_price") is not None:
            check_price(actor)
    lines = build_lines(document, [_with_source(new, actor) for new in wanted], prices)
    terms = terms_of(document)
    for line in lines:
        check_line(line, terms)
    return lines


def _with_source(fields: NewLineFields, actor: Actor) -> NewLineFields:
    """Return what was typed on a new line, with the source of its price if it has one."""
    if fields.get("unit_price") is None:
        return fields
    return {**typed_source(actor), **fields}


def build_lines(
    document: AnyDocument, wanted: Sequence[NewLineFields], prices: ListPrices | None = None
) -> list[AnyLine]:
    """Make unsaved lines at the end of a document, with what their products say."""
    products = [product for new in wanted if (product := new.get("product")) is not None]
    prices = prices or _prices(document, products)
    lines: list[AnyLine] = []
    for position, new in enumerate(wanted, start=last_position(document) + 1):
        columns = new.copy()
        product, unit = columns.pop("product", None), columns.pop("unit", None)
        line: AnyLine = new_line(document, position=position, **columns)
        if product is not None:
            fill_from_product(line, document, product, unit, prices)
        elif unit is not None:
            line.unit = unit
        lines.append(line)
    return lines


def with_their_parts(document: AnyDocument, lines: Sequence[AnyLine]) -> list[AnyLine]:
    """Put the parts of bundles below their lines, and number all of them anew."""
    bundles = [line for line in lines if line.is_bundle]
    if not bundles:
        return list(lines)
    parts = new_parts(bundles, document)
    placed: list[AnyLine] = []
    for line in lines:
        placed += [line, *parts.get(line.pk, ())]
    for position, line in enumerate(placed, start=lines[0].position):
        line.position = position
    return placed


def _prices(document: AnyDocument, products: Sequence[Product]) -> ListPrices | None:
    """Read the products' units and list prices; None for lines without products."""
    if not products:
        return None
    prefetch_related_objects(products, "default_unit")
    return ListPrices(document.price_list, products, document.company.today())

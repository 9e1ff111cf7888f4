"""Page of a price refresh: a draft's frozen prices beside today's list prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.forms.boundfield import BoundWidget
from django.utils.translation import gettext

from common.formatting import format_money, format_price
from sales.models import AnyDocument
from sales.services.price_refresh import PricePreview
from web.display import Link
from web.forms.prices import RefreshForm
from web.record_urls import record_url


@dataclass(frozen=True, slots=True)
class DriftRow:
    """A line whose price is not the list's, and the box that chooses it."""

    box: BoundWidget
    label: str
    is_typed: bool
    on_document: str
    on_list: str


@dataclass(frozen=True, slots=True)
class PriceRefreshPage:
    """Which lines of a draft have another price than the list, and what taking the list's does."""

    heading: str
    back: Link
    form: RefreshForm
    rows: Sequence[DriftRow]
    totals: Sequence[tuple[str, str]]
    """The total now and with the chosen prices; empty where nothing was previewed."""


def price_refresh_page(
    document: AnyDocument, form: RefreshForm, preview: PricePreview | None
) -> PriceRefreshPage:
    """Format each drifted line beside its box, and the total before and after."""
    return PriceRefreshPage(
        heading=gettext("Refresh the prices of %(document)s") % {"document": document},
        back=Link(str(document), record_url(document)),
        form=form,
        rows=_rows(form, document.currency),
        totals=_totals(preview, document.currency) if preview is not None else (),
    )


def _rows(form: RefreshForm, currency: str) -> list[DriftRow]:
    price = partial(_price, currency=currency)
    return [
        DriftRow(
            box=box,
            label=f"{drift.number} {drift.description}",
            is_typed=drift.is_typed,
            on_document=price(drift.frozen_price, drift.frozen_quantity, drift.frozen_discount),
            on_list=price(drift.list_price, drift.list_quantity, drift.list_discount),
        )
        for drift, box in form.rows()
    ]


def _price(price: Decimal | None, price_quantity: Decimal, discount: Decimal, currency: str) -> str:
    """Write a unit price and what is taken off it."""
    text = format_price(price, currency, price_quantity)
    return f"{text} −{format_price(discount, currency)}" if discount else text


def _totals(preview: PricePreview, currency: str) -> list[tuple[str, str]]:
    before, after = (
        format_money(total, currency) for total in (preview.total_before, preview.total_after)
    )
    return [
        (gettext("Total now"), before),
        (gettext("Total with the ticked prices"), after),
    ]

"""Promotion codes of a quote or an order, with the form to apply one to a draft."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_money
from sales.models import Order, PromotionUse, Quote, kind_of
from web.forms.prices import PromotionForm


@dataclass(frozen=True, slots=True)
class PromotionRow:
    """One code, and what it takes off."""

    id: str
    code: str
    name: str
    amount: str
    remove_url: str
    """Where the code is taken off again; empty for who may not."""
    remove_label: str


@dataclass(frozen=True, slots=True)
class Promotions:
    """The codes of a document; ``add_url`` and ``form`` where one more may be applied."""

    rows: Sequence[PromotionRow]
    add_url: str
    form: PromotionForm


def build_promotions(
    document: Quote | Order,
    uses: Iterable[PromotionUse],
    *,
    editable: bool,
    form: PromotionForm | None = None,
) -> Promotions:
    """Format the promotion codes of a document, read with ``promotions_of``."""
    may_add = editable and not document.prices_locked
    where = (kind_of(document).url_word, document.pk)
    return Promotions(
        rows=[
            PromotionRow(
                id=str(use.pk),
                code=str(use.code),
                name=use.code.name,
                amount=f"−{format_money(use.amount, document.currency)}",
                remove_url=(
                    reverse("sales:promotion-remove", args=[*where, use.code]) if may_add else ""
                ),
                remove_label=gettext("Remove %(code)s") % {"code": use.code},
            )
            for use in uses
        ],
        add_url=reverse("sales:promotion-add", args=where) if may_add else "",
        form=form or PromotionForm(),
    )

"""The steps behind a document's figures, written for readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from common.formatting import format_money, format_price, format_quantity, format_rate
from sales.models import AnyDocument
from sales.pricing.explanations import Step
from sales.services.documents.explanations import explain

QUANTITIES = frozenset({"quantity", "price quantity", "ordered", "billed before"})
PRICES = frozenset({"unit price", "volume discount"})
TOTALS = ("detail", "discount", "tax", "total")
"""The figures of the foot one may ask about."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One step: the figure, how it is worked out, from which values, and how it was rounded."""

    label: str
    formula: str
    values: Sequence[tuple[str, str]]
    result: str
    remark: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The steps of one line, or of the totals."""

    title: str
    reasons: Sequence[Reason]
    key: str


def chapters(document: AnyDocument, lines: Sequence[Any], figure: str = "") -> list[Chapter]:
    """Write every step to a figure, or to all of them; an unknown figure has none."""
    explanation = explain(document, lines)
    names = {str(line.pk): f"{place} {line.description}" for place, line in enumerate(lines, 1)}
    told = [
        Chapter(names[key], _reasons(explanation.lines[key], names, document), key)
        for key in names
        if explanation.lines.get(key) and figure in {"", key}
    ]
    if figure in {"", *TOTALS}:
        steps = _up_to(figure, explanation.totals)
        told.insert(0, Chapter(gettext("Totals"), _reasons(steps, names, document), "totals"))
    return told


def _up_to(figure: str, steps: Sequence[Step]) -> Sequence[Step]:
    places = [place for place, step in enumerate(steps, 1) if step.label == figure]
    return steps[: places[-1]] if places else steps


def _reasons(
    steps: Sequence[Step], names: Mapping[str, str], document: AnyDocument
) -> list[Reason]:
    currency = document.currency
    return [
        Reason(
            label=step.label.capitalize(),
            formula=step.formula,
            values=[
                (names.get(name, name), _in_words(name, value, currency))
                for name, value in step.values.items()
                if value or name not in names  # lines that add nothing are left out
            ],
            result=format_money(step.result, currency),
            remark=step.remark,
        )
        for step in steps
    ]


def _in_words(name: str, value: Decimal, currency: str) -> str:
    if name in QUANTITIES:
        return format_quantity(value)
    if name.endswith("rate"):
        return format_rate(value)
    return format_price(value, currency) if name in PRICES else format_money(value, currency)

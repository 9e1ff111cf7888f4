"""Page of explanations: how each figure of a document was computed, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext

from common.formatting import format_money, format_price, format_quantity, format_rate
from sales.models import AnyDocument, AnyLine, kind_of
from sales.pricing.explanations import Step
from sales.pricing.money import ONE
from sales.services.explanations import explain
from web.display import Link
from web.pages.explanation_terms import translate_terms
from web.pages.lines import read_lines
from web.record_urls import record_url

QUANTITIES = frozenset({"quantity", "price quantity", "ordered", "billed before"})
PRICES = frozenset({"unit price", "volume discount"})
TOTALS = ("detail", "discount", "tax", "total")
"""The figures of the foot one may ask about."""


@dataclass(frozen=True, slots=True)
class ExplanationStep:
    """One step: the figure, how it is worked out, from which values, and how it was rounded."""

    label: str
    formula: str
    values: Sequence[tuple[str, str]]
    result: str
    remark: str


@dataclass(frozen=True, slots=True)
class ExplanationSection:
    """The steps of one line, or of the totals."""

    title: str
    steps: Sequence[ExplanationStep]
    key: str
    remark: str = ""
    """Where the price of the line comes from, if it is an external system."""


@dataclass(frozen=True, slots=True)
class ExplanationsPage:
    """The steps behind one figure of a document, or behind all of them."""

    heading: str
    back: Link
    sections: Sequence[ExplanationSection]
    all_url: str
    """Where every figure is explained; empty on that page itself."""


def explanations_page(document: AnyDocument, figure: str = "") -> ExplanationsPage:
    """Explain a figure, or all of them; an unknown figure has no sections."""
    where = [kind_of(document).url_word, document.pk]
    return ExplanationsPage(
        heading=gettext("Why these figures"),
        back=Link(str(document), record_url(document)),
        sections=explanation_sections(document, read_lines(document), figure),
        all_url=reverse("sales:explanations", args=where) if figure else "",
    )


def explanation_sections(
    document: AnyDocument, lines: Sequence[AnyLine], figure: str = ""
) -> list[ExplanationSection]:
    """Write every step to a figure, or to all of them; an unknown figure has none."""
    explanation = explain(document, lines)
    names = {str(line.pk): f"{place} {line.description}" for place, line in enumerate(lines, 1)}
    sections = [
        ExplanationSection(
            names[key],
            _steps(explanation.lines[key], names, document),
            key,
            price_remark(line),
        )
        for key, line in zip(names, lines, strict=True)
        if explanation.lines.get(key) and figure in {"", key}
    ]
    if figure in {"", *TOTALS}:
        steps = _steps(_up_to(figure, explanation.totals), names, document)
        sections.insert(0, ExplanationSection(gettext("Totals"), steps, "totals"))
    return sections


def price_remark(line: AnyLine) -> str:
    """Say which external system a line's price comes from; empty where it comes from none."""
    if line.price_source != line.PriceSource.EXTERNAL:
        return ""
    if not line.price_origin:
        return gettext("The price is from an external system.")
    return gettext("The price is from %(system)s.") % {"system": line.price_origin}


def _up_to(figure: str, steps: Sequence[Step]) -> Sequence[Step]:
    places = [place for place, step in enumerate(steps, 1) if step.label == figure]
    return steps[: places[-1]] if places else steps


def _steps(
    steps: Sequence[Step], names: Mapping[str, str], document: AnyDocument
) -> list[ExplanationStep]:
    currency = document.currency
    return [
        ExplanationStep(
            label=translate_terms(step.label).capitalize(),
            formula=translate_terms(step.formula),
            values=[
                (names.get(name) or translate_terms(name), _format(name, step.values, currency))
                for name, value in step.values.items()
                if value or name not in names  # lines that add nothing are left out
            ],
            result=format_money(step.result, currency),
            remark=str(step.remark),
        )
        for step in steps
    ]


def _format(name: str, values: Mapping[str, Decimal], currency: str) -> str:
    value = values[name]
    if name in QUANTITIES:
        return format_quantity(value)
    if name.endswith("rate"):
        return format_rate(value)
    if name in PRICES:
        return format_price(value, currency, values.get("price quantity", ONE))
    return format_money(value, currency)

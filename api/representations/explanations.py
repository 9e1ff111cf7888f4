"""Explanations in responses: the steps behind each figure of a document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fulfilment.cloudevents import plain
from sales.models import AnyDocument
from sales.pricing.explanations import Step
from sales.services.explanations import explain
from sales.services.prices.pricing_input import lines_of


def represent_explanation(document: AnyDocument) -> dict[str, Any]:
    """Return the steps of each line and of the totals."""
    lines = lines_of(document)
    explanation = explain(document, lines)
    return {
        "currency": document.currency,
        "totals": _steps(explanation.totals),
        "lines": [
            {"line": str(line.pk), "steps": _steps(explanation.lines.get(str(line.pk), ()))}
            for line in lines
        ],
    }


def _steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    return [
        {
            "figure": step.label,
            "formula": step.formula,
            "values": {name: plain(value) for name, value in step.values.items()},
            "result": plain(step.result),
            "remark": str(step.remark),
        }
        for step in steps
    ]

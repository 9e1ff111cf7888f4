"""Notices of a draft: which tax rates and which total are others today than when it was changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from common.formatting import format_money, format_rate
from sales.models import kind_of
from sales.services.documents.todays_figures import RateChange, TodaysFigures
from web.pages.document_kinds import STYLES

ISSUE = "issue"
"""The id of the form that issues a draft; the figures that were seen belong to it."""


def todays_notices(today: TodaysFigures[Any, Any]) -> list[str]:
    """Say which rates and which total are others today, and when the draft takes them."""
    if not today.changed:
        return []
    document = today.document
    before, now = (
        format_money(total, document.currency) for total in (today.total_before, document.total)
    )
    total = gettext("The total stays %(now)s.")
    if before != now:
        total = gettext("The total was %(before)s and is %(now)s today.")
    sentences = (
        *_rate_sentences(today.rate_changes),
        total % {"before": before, "now": now},
        str(STYLES[kind_of(document)].takes_todays_figures),
    )
    return [" ".join(sentences)]


def _rate_sentences(changes: Sequence[RateChange]) -> list[str]:
    """Write one sentence for each pair of rates, with the lines it is about."""
    lines: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for change in changes:
        lines[_rate(change.before), _rate(change.today)].append(change.description)
    return [
        gettext("Tax was %(before)s and is %(today)s today: %(lines)s.")
        % {"before": before, "today": today, "lines": ", ".join(names)}
        for (before, today), names in lines.items()
    ]


def _rate(rate: Decimal | None) -> str:
    return gettext("not known") if rate is None else format_rate(rate)

"""Dialog of an order in conflict with another system: its fields, and what a decision comes to."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from common.formatting import format_money
from fulfilment.models import Connection, Discrepancy
from fulfilment.services.order_sync.conflicts import Preview
from fulfilment.services.order_sync.sync_states import ORDER
from fulfilment.sync.conflicts import Choice
from sales.models import Order
from web.display import Link
from web.forms.conflicts import BASE, SEEN, ConflictForms
from web.record_urls import record_url


@dataclass(frozen=True, slots=True)
class DecidedField:
    """A field that somebody decided while this form was open."""

    name: str
    decision: str
    chosen: str
    """What this person chose or typed; empty if nothing."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Our total before and after what is chosen, and what the other system is sent."""

    before: str
    after: str
    difference: str
    sent: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictsPage:
    """Every field of an order that both sides changed, each with the values to choose from."""

    heading: str
    summary: str
    back: Link
    save_label: str
    forms: ConflictForms
    decided: Sequence[DecidedField]
    totals: Totals


def conflicts_page(
    order: Order,
    connection: Connection,
    forms: ConflictForms,
    *,
    decided: Sequence[DecidedField] = (),
    preview: Preview | None = None,
) -> ConflictsPage:
    """Format the form, which was read before, and what it would come to."""
    values = {"order": order, "connection": connection}
    return ConflictsPage(
        heading=gettext("%(order)s and %(connection)s differ") % values,
        summary=gettext(
            "What you choose counts in both systems: our order is changed by you if needed. "
            "What you do not choose stays open."
        ),
        back=Link(str(order), f"{record_url(order)}#sync"),
        save_label=gettext("Record decision"),
        forms=forms,
        decided=decided,
        totals=_totals(order, connection, preview),
    )


def _totals(order: Order, connection: Connection, preview: Preview | None) -> Totals:
    """Write the totals; without a preview what is chosen is refused."""

    def money(amount: Any) -> str:
        return format_money(amount, order.currency)

    if preview is None:
        return Totals(money(order.total), "–", "", [])
    sent = gettext("%(connection)s will be sent: %(field)s %(value)s.")
    difference = preview.after - preview.before
    sign = "+" if difference > 0 else ""
    return Totals(
        before=money(preview.before),
        after=money(preview.after),
        difference=f"{sign}{money(difference)}" if difference else "",
        sent=[
            sent % {"connection": connection, "field": now.name, "value": now.write(value)}
            for now, value in preview.sent
        ],
    )


def decided_meanwhile(
    order: Order, connection: Connection, posted: Mapping[str, Any]
) -> list[tuple[Discrepancy, DecidedField]]:
    """Find the fields that a form shows as open and that are not any more; one statement."""
    shown = [name.removesuffix(f"-{SEEN}") for name in posted if name.endswith(f"-{SEEN}")]
    found = Discrepancy.objects.filter(
        pk__in=[key for each in shown if (key := _key(each)) is not None],
        connection=connection,
        record_type=ORDER,
        record_id=order.pk,
        resolved_at__isnull=False,
    )
    return [
        (each, DecidedField(each.display_about, each.decision, _chosen(each, posted)))
        for each in found.order_by("id")
    ]


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _chosen(found: Discrepancy, posted: Mapping[str, Any]) -> str:
    """Write what was chosen of a field, so that it is not lost."""
    prefix = f"{found.pk}-"
    known = {f"{prefix}{SEEN}", f"{prefix}value"}
    typed = [str(posted[each]) for each in posted if each.startswith(prefix) and each not in known]
    typed = [each for each in typed if each]
    words = {
        Choice.OURS.value: gettext("ours"),
        Choice.THEIRS.value: gettext("theirs"),
        BASE: gettext("the value before"),
    }
    choice = posted.get(f"{prefix}value", "")
    return " · ".join([*([words[choice]] if choice in words else []), *typed])

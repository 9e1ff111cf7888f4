"""Page of a connection: who does what, whose values count, what is mapped, and how orders stand."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from common.formatting import format_ago, format_moment
from crm.models import User
from fulfilment.models import Connection, InboundMessage, ReconcileFinding, ReconcileRun
from fulfilment.monitoring.metrics import ConnectionMetrics
from fulfilment.reconciliation.runs import check_comparable, run_under_way
from fulfilment.reconciliation.sync_counts import (
    OutOfSyncOrder,
    SyncCounts,
    count_orders,
    orders_out_of_sync,
)
from fulfilment.services.mapping_checks import check_mapping
from sales.models import Company, Order
from web.chips.handoffs import connection_chip
from web.display import Action, Actions, Chip, Fact, Link, Tone
from web.display import When as Moment
from web.pages.cards import Card, CardRow
from web.pages.connection_settings import duties, fields_card, mapping_card
from web.pages.records import RecordPage, refusal_of
from web.pages.unmapped_codes import unmapped_codes_card
from web.record_urls import record_url

FindingStatus = ReconcileFinding.Status
SHOWN = 50
RUNS = 10
STYLES: Mapping[FindingStatus, tuple[Tone, str]] = {
    FindingStatus.IN_FLIGHT: ("info", "arrows-exchange"),
    FindingStatus.DIFFERS: ("warn", "scale"),
    FindingStatus.MISSING_HERE: ("bad", "alert-triangle"),
    FindingStatus.MISSING_THERE: ("bad", "alert-triangle"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionPage(RecordPage):
    """The page of a connection."""

    record: Connection
    out_of_sync: Card
    unmapped: Card | None
    """Codes of theirs that orders wait for."""
    mapping: Card | None
    fields: Card | None
    duties: Sequence[Fact]
    """Who does what; none of a connection that shares no orders."""
    runs: Card


def connection_page(connection: Connection, user: User) -> ConnectionPage:
    """Read and format everything that the page of a connection shows."""
    sync_counts = count_orders([connection.pk])[connection.pk]
    runs = list(connection.runs.order_by("-id")[:RUNS])
    shares = connection.shares_orders
    waiting = InboundMessage.objects.open().filter(connection=connection)
    return ConnectionPage(
        record=connection,
        crumb=Link(gettext("Handoffs"), reverse("fulfilment:handoff-list")),
        heading=connection.name,
        subtitle=counted(sync_counts),
        chips=[connection_chip(connection, connection.health)],
        actions=Actions(list(_actions(connection, runs, user))),
        facts=_facts(sync_counts),
        out_of_sync=_out_of_sync_card(connection, sync_counts, user),
        unmapped=unmapped_codes_card(waiting, user),
        mapping=mapping_card(connection, check_mapping(connection), user) if shares else None,
        fields=fields_card(connection) if shares else None,
        duties=duties(connection, list(Company.objects.order_by("name"))) if shares else (),
        runs=_runs_card(runs),
    )


def counted(sync_counts: SyncCounts) -> str:
    """Say how many of all orders agree."""
    return gettext("%(agree)d of %(total)d orders agree") % {
        "agree": sync_counts.agree,
        "total": sync_counts.total,
    }


def sync_counts_card(measured: Iterable[ConnectionMetrics], user: User) -> Card | None:
    """Show a row for each connection with orders that both sides edit; None without one."""
    if not user.has_perm("fulfilment.view_reconcilerun"):
        return None
    rows = [
        _sync_counts_row(each, each.sync_counts)
        for each in measured
        if each.sync_counts is not None
    ]
    return (
        Card(title=gettext("Orders on both sides"), id="sync-counts", rows=rows) if rows else None
    )


def _sync_counts_row(connection: ConnectionMetrics, sync_counts: SyncCounts) -> CardRow:
    return CardRow(
        title=connection.name,
        url=reverse("fulfilment:connection-detail", args=[connection.id]),
        detail=_reasons(sync_counts),
        note=counted(sync_counts),
        when=Moment.of(sync_counts.since) if sync_counts.out_of_sync else None,
    )


def _reasons(sync_counts: SyncCounts) -> str:
    """Say why the others do not agree; empty if all do."""
    numbers = (
        (gettext("%(count)d in flight"), sync_counts.in_flight),
        (gettext("%(count)d differ"), sync_counts.differ),
        (gettext("%(count)d missing here"), sync_counts.missing_here),
        (gettext("%(count)d missing there"), sync_counts.missing_there),
    )
    return " · ".join(text % {"count": count} for text, count in numbers if count)


def _facts(sync_counts: SyncCounts) -> list[Fact]:
    since = sync_counts.since
    return [
        Fact(gettext("Agree"), sync_counts.agree),
        Fact(FindingStatus.IN_FLIGHT.label, sync_counts.in_flight),
        Fact(gettext("Differ"), sync_counts.differ),
        Fact(FindingStatus.MISSING_HERE.label, sync_counts.missing_here),
        Fact(FindingStatus.MISSING_THERE.label, sync_counts.missing_there),
        Fact(gettext("The oldest since"), format_ago(since) if since else "–"),
    ]


def _actions(connection: Connection, runs: Sequence[ReconcileRun], user: User) -> Iterator[Action]:
    if not user.has_perm("fulfilment.add_reconcilerun"):
        return
    is_under_way = any(run.ended_at is None for run in runs)
    reason = str(run_under_way(connection)) if is_under_way else ""
    reason = refusal_of(check_comparable, connection) or reason
    url = reverse("fulfilment:connection-reconcile", args=[connection.pk])
    yield Action(gettext("Compare all now"), url, "refresh", reason=reason)
    url = reverse("fulfilment:connection-load", args=[connection.pk])
    yield Action(
        gettext("First load"), url, "download", reason=reason, asks=True, dialog=True, aside=True
    )


def _out_of_sync_card(connection: Connection, sync_counts: SyncCounts, user: User) -> Card:
    entries = orders_out_of_sync(connection, SHOWN)
    keys = [each.order_id for each in entries if each.order_id]
    visible = Order.objects.visible_to(user).in_bulk(keys)
    left = sync_counts.out_of_sync - len(entries)
    more = ngettext("and %(count)d more", "and %(count)d more", left) % {"count": left}
    return Card(
        title=gettext("Do not agree"),
        id="apart",
        rows=[_out_of_sync_row(each, visible) for each in entries],
        note=more if left > 0 else "",
        empty=gettext("Both systems hold every order alike."),
    )


def _out_of_sync_row(entry: OutOfSyncOrder, visible: Mapping[uuid.UUID, Order]) -> CardRow:
    order = visible.get(entry.order_id) if entry.order_id else None
    url = f"{record_url(order)}#sync" if order else ""
    if entry.message_id:
        url = reverse("fulfilment:inboundmessage-detail", args=[entry.message_id])
    return CardRow(
        title=str(order) if order else entry.number or "–",
        url=url,
        detail=entry.number if order and entry.number != order.number else "",
        chip=Chip(entry.status.label, *STYLES[entry.status]),
        when=Moment.of(entry.since),
    )


def _runs_card(runs: Sequence[ReconcileRun]) -> Card:
    return Card(
        title=gettext("Last runs"),
        id="runs",
        rows=[_run_row(run) for run in runs],
        empty=gettext("Not compared yet: that is done every night."),
    )


def _run_row(run: ReconcileRun) -> CardRow:
    return CardRow(
        title=f"{run.get_purpose_display()} · {format_moment(run.started_at)}",
        detail=" · ".join(_counts(run)),
        chip=_run_chip(run),
        when=Moment.of(run.ended_at or run.started_at),
    )


def _run_chip(run: ReconcileRun) -> Chip:
    if run.problem and run.ended_at is None:
        return Chip(gettext("Waits"), "warn", "clock", title=run.display_problem)
    if run.ended_at is None:
        return Chip(gettext("Under way"), "info", "refresh", title=progress(run))
    if run.reached_ceiling:
        title = gettext("More would have been repaired than %(most)d: a person looks first.")
        return Chip(
            gettext("Stopped repairing"),
            "bad",
            "alert-triangle",
            title=title % {"most": run.most_repairs},
        )
    return Chip(gettext("Ended"), "good", "check")


def progress(run: ReconcileRun) -> str:
    """Say how far a run is."""
    if run.looks_again_at is not None:
        return gettext("Looks again at what did not agree")
    values = {"count": run.read_count, "cursor": run.cursor or "–", "latest": run.latest or "–"}
    return gettext("%(count)d orders read, at %(cursor)s of %(latest)s") % values


def _counts(run: ReconcileRun) -> Iterator[str]:
    if run.ended_at is None:
        yield progress(run)
    numbers = (
        (gettext("%(count)d agree"), run.agree),
        (gettext("%(count)d taken in"), run.taken_in),
        (gettext("%(count)d sent again"), run.sent_again),
        (gettext("%(count)d in flight"), run.in_flight),
        (gettext("%(count)d differ"), run.differs),
        (gettext("%(count)d missing here"), run.missing_here),
        (gettext("%(count)d missing there"), run.missing_there),
    )
    yield from (text % {"count": count} for text, count in numbers if count)

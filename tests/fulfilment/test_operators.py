"""Figures, alerts and commands for whoever keeps the machinery running."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.models import Connection, Handoff, Secret
from fulfilment.monitoring.metrics import Vitals, as_prometheus, raise_alerts, take_vitals
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import live_secrets
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, make_due, send, shipment_event, submitted_order

State = Handoff.State


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, no_color=True)
    return out.getvalue()


def stuck_handoff(warehouse: FarEnd) -> Handoff:
    for _ in range(6):
        warehouse.will_answer(422, '{"detail": "Unknown SKU AX-9"}')
    for _ in range(6):
        drain()
        make_due()
    return Handoff.objects.get(state=State.NEEDS_ATTENTION)


def alerts() -> list[tuple[str, str, str]]:
    return [(each.severity, each.code, each.text) for each in raise_alerts(take_vitals())]


def test_all_is_well_when_everything_was_taken(order: Order, warehouse: FarEnd) -> None:
    drain()

    [vitals] = take_vitals()
    assert (vitals.waiting, vitals.drift, vitals.oldest_seconds) == (0, 0, 0)
    assert alerts() == []
    assert run("handoff_metrics", "--check") == (
        "Warehouse: 0 waiting, oldest 0 s, 0 need a person, 0 differences\n"
    )


def test_says_what_somebody_should_look_at(order: Order, market: Market, warehouse: FarEnd) -> None:
    stuck_handoff(warehouse)
    send(shipment_event(order, "WH-1", "shipped", "11"))
    submitted_order(market)
    Handoff.objects.update(created_at=timezone.now() - dt.timedelta(minutes=12))

    assert alerts() == [
        ("warning", "late", "1 handoff waits for Warehouse, for 12 min."),
        ("warning", "needs_attention", "1 handoff to Warehouse needs a person."),
        ("warning", "discrepancies", "1 difference with Warehouse is undecided."),
    ]
    with pytest.raises(CommandError, match="3 alerts"):
        run("handoff_metrics", "--check")


@pytest.mark.parametrize(
    ("status", "code"), [(401, "auth_failed"), (410, "gone"), (302, "not_answering")]
)
def test_a_connection_that_only_a_person_can_mend_is_critical(
    order: Order, warehouse: FarEnd, status: int, code: str
) -> None:
    warehouse.will_answer(status)
    drain()

    assert [(severity, found) for severity, found, _ in alerts()] == [("critical", code)]


def test_measures_many_connections_with_as_few_statements_as_one(
    order: Order, warehouse: FarEnd
) -> None:
    counts = []
    for number in range(2):
        with CaptureQueriesContext(database) as captured:
            take_vitals()
        counts.append(len(captured))
        Connection.objects.create(code=f"c{number}", name=f"C{number}", url="https://c.example/")

    assert counts == [4, 4]


def test_writes_figures_that_prometheus_reads() -> None:
    measured = Vitals("erp", "ERP", "active", "open", 3, 1, 12.5, 0, 0, 2, "")

    text = as_prometheus([measured])

    assert "# TYPE throughline_handoffs_waiting gauge" in text
    assert 'throughline_handoffs_waiting{connection="erp"} 3\n' in text
    assert 'throughline_handoffs_oldest_seconds{connection="erp"} 12.5\n' in text
    assert 'throughline_handoffs_drift{connection="erp"} 3\n' in text
    assert text.endswith('throughline_connection_up{connection="erp"} 0\n')


def test_lists_replays_skips_and_settles(order: Order, warehouse: FarEnd) -> None:
    stuck = stuck_handoff(warehouse)
    listed = run("handoffs", "list")
    assert f"{stuck.pk}  Order submitted {order.number} → Warehouse" in listed
    assert "1 need a person." in listed

    run("handoffs", "replay", str(stuck.pk))
    stuck.refresh_from_db()
    assert stuck.resolution == "Replayed by Operator at the command line"
    with pytest.raises(CommandError, match="is queued already"):
        run("handoffs", "replay", str(stuck.pk))
    stuck_handoff(warehouse)
    cause = "Warehouse refused: Unknown SKU AX-9"
    assert (
        run("handoffs", "replay", "--connection=warehouse", f"--cause={cause}")
        == "1 are sent again.\n"
    )
    stuck_handoff(warehouse)
    run("handoffs", "settle", str(stuck.pk), "--reason=By phone", "--reference=WH-7")

    stuck.refresh_from_db()
    assert (stuck.state, stuck.reference) == (State.ACCEPTED, "WH-7")


def test_replays_a_window_after_showing_it(order: Order, warehouse: FarEnd) -> None:
    drain()
    since = (timezone.now() - dt.timedelta(hours=1)).isoformat()
    until = (timezone.now() + dt.timedelta(hours=1)).isoformat()

    assert run("handoffs", "window", "warehouse", since, until, "--dry-run") == (
        f"Order submitted {order.number}: Accepted\n"
    )
    assert len(warehouse.received) == 1
    assert run("handoffs", "window", "warehouse", since, until) == "1 are sent again.\n"
    drain()

    assert len(warehouse.received) == 2


def test_pauses_resumes_rotates_and_calls(order: Order, warehouse: FarEnd) -> None:
    assert run("handoffs", "pause", "warehouse") == "Warehouse is paused.\n"
    assert drain() == 0
    assert run("handoffs", "resume", "warehouse") == "Warehouse goes on.\n"
    said = run("handoffs", "rotate", "warehouse", "inbound")
    new = live_secrets(warehouse.connection, Secret.Purpose.INBOUND)[0]
    assert said.strip().endswith(new)
    assert run("handoffs", "test", "warehouse").startswith("It answered within ")
    assert [event["type"] for event in warehouse.events] == ["throughline.connection.tested"]
    warehouse.will_answer(500)
    with pytest.raises(CommandError, match=r"not available \(500\)"):
        run("handoffs", "test", "warehouse")


@pytest.mark.parametrize(
    "arguments",
    [
        ("pause", "nobody"),
        ("replay", "not-an-id"),
        ("replay", "0199f3c1-0000-7000-8000-000000000000"),
        ("replay",),
        ("window", "nobody", "yesterday", "today"),
    ],
)
@pytest.mark.django_db
def test_says_in_a_sentence_what_is_wrong_with_a_command(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("handoffs", *arguments)

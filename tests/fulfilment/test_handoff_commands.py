"""Commands ``handoffs`` and ``handoff_metrics``."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from fulfilment.models import Handoff, Secret
from fulfilment.outbound.drain import drain
from fulfilment.services.connections import live_secrets
from sales.models import Order
from tests.fulfilment.conftest import FarEnd, refuse

State = Handoff.State


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_prints_metrics_and_fails_the_check_while_there_are_alerts(
    order: Order, warehouse: FarEnd
) -> None:
    refuse(warehouse)

    assert run("handoff_metrics") == (
        "Warehouse: 0 waiting, oldest 0 s, 1 need attention, 0 discrepancies\n"
        "warning: 1 handoff was refused by Warehouse: "
        "send it again, skip it, or mark it as handled outside.\n"
    )
    with pytest.raises(CommandError, match="1 alerts"):
        run("handoff_metrics", "--check")


def test_passes_the_check_without_alerts(order: Order, warehouse: FarEnd) -> None:
    drain()

    assert run("handoff_metrics", "--check") == (
        "Warehouse: 0 waiting, oldest 0 s, 0 need attention, 0 discrepancies\n"
    )


def test_lists_replays_and_settles(order: Order, warehouse: FarEnd) -> None:
    refuse(warehouse)
    stuck = Handoff.objects.get()
    listed = run("handoffs", "list")
    assert f"{stuck.pk}  Order submitted {order.number} → Warehouse" in listed
    assert "1 handoffs need attention." in listed

    run("handoffs", "replay", str(stuck.pk))
    stuck.refresh_from_db()
    assert stuck.display_resolution == "Sent again by Operator at the command line"
    with pytest.raises(CommandError, match="is queued already"):
        run("handoffs", "replay", str(stuck.pk))
    refuse(warehouse)
    cause = "Warehouse refused: Unknown SKU AX-9"
    assert (
        run("handoffs", "replay", "--connection=warehouse", f"--cause={cause}")
        == "1 handoffs are queued again.\n"
    )
    refuse(warehouse)
    run("handoffs", "settle", str(stuck.pk), "--reason=By phone", "--reference=WH-7")

    stuck.refresh_from_db()
    assert (stuck.state, stuck.reference) == (State.ACCEPTED, "WH-7")


def test_replays_a_window_of_time_after_a_dry_run(order: Order, warehouse: FarEnd) -> None:
    drain()
    since = (timezone.now() - dt.timedelta(hours=1)).isoformat()
    until = (timezone.now() + dt.timedelta(hours=1)).isoformat()

    assert run("handoffs", "window", "warehouse", since, until, "--dry-run") == (
        f"Order submitted {order.number}: Accepted\n"
    )
    assert len(warehouse.received) == 1
    assert run("handoffs", "window", "warehouse", since, until) == "1 handoffs are queued again.\n"
    drain()

    assert len(warehouse.received) == 2


def test_pauses_resumes_rotates_and_tests_a_connection(order: Order, warehouse: FarEnd) -> None:
    assert run("handoffs", "pause", "warehouse") == "Warehouse is paused.\n"
    assert drain() == 0
    assert run("handoffs", "resume", "warehouse") == "Warehouse is active again.\n"
    output = run("handoffs", "rotate", "warehouse", "inbound")
    new = live_secrets(warehouse.connection, Secret.Purpose.INBOUND)[0]
    assert output.strip().endswith(new)
    revoked = run("handoffs", "revoke", "warehouse", "inbound")
    assert revoked == "Old secrets that are not valid any more: 1.\n"
    assert live_secrets(warehouse.connection, Secret.Purpose.INBOUND) == [new]
    disabled = run("handoffs", "disable", "warehouse")
    assert disabled == (
        "Warehouse is disabled. Waiting until it is resumed: 1. "
        "What happens until then is not queued; a paused connection would get it later.\n"
    )
    assert run("handoffs", "resume", "warehouse") == "Warehouse is active again.\n"
    assert run("handoffs", "test", "warehouse").startswith("It answered within ")
    assert [event["type"] for event in warehouse.events] == ["throughline.connection.tested"]
    warehouse.will_answer(500)
    with pytest.raises(CommandError, match=r"not available \(500\)"):
        run("handoffs", "test", "warehouse")


EARLY, LATE = "2026-11-22T01:00:00Z", "2026-11-22T02:00:00Z"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("pause", "nobody"), "There is no connection “nobody”."),
        (("replay", "not-an-id"), "There is no handoff not-an-id."),
        (("replay", "0199f3c1-0000-7000-8000-000000000000"), "There is no handoff 0199f3c1"),
        (("replay",), "Give the id of a handoff, or --connection and --cause."),
        (("replay", "7", "--cause=x"), "not both"),
        (("replay", "--connection=warehouse", "--cause=x"), "because of “x”"),
        (("window", "warehouse", "yesterday", "today"), "yesterday is not a date and time"),
        (("window", "warehouse", LATE, EARLY), f"The window ends at {EARLY}, not after {LATE}"),
        (("window", "warehouse", LATE, LATE), "give the earlier moment first"),
        (("window", "nobody", EARLY, LATE), "There is no connection “nobody”."),
    ],
)
def test_refuses_wrong_arguments_with_a_sentence(
    warehouse: FarEnd, arguments: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(CommandError, match=sentence):
        run("handoffs", *arguments)

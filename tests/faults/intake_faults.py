"""Faults of inbound reports: concurrent, early, unsigned, malformed, shuffled."""

from __future__ import annotations

import datetime as dt
import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from django.db import connection
from django.utils import timezone

from fulfilment import signing
from fulfilment.models import ExternalRef, InboundMessage, Shipment
from sales.models import Order
from tests.faults.registry import fault
from tests.faults.testbed import Testbed
from tests.fulfilment.conftest import event, shipment_event, submitted_order
from tests.fulfilment.processes import eventually, secret

KEY = secret("from warehouse")
TIMES = 50
KILOBYTE = 1024


def post(testbed: Testbed, body: Any, *, at: dt.datetime | None = None, key: str = KEY) -> Any:
    """Post a report as the warehouse; returns status and body of the answer."""
    text = body if isinstance(body, str) else json.dumps(body)
    message_id = body["id"] if isinstance(body, dict) else "batch"
    headers = signing.sign(message_id, text, [key], at=at or timezone.now())
    client = http.client.HTTPConnection("127.0.0.1", testbed.serve(), timeout=20)
    with closing(client):
        headers["Content-Type"] = "application/cloudevents+json"
        client.request("POST", "/api/v1/intake/warehouse", text.encode(), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())


def status_report(order: Order, status: str = "accepted") -> dict[str, Any]:
    """Return a report of an order's status."""
    return event("warehouse.order.status", {"order": order.number, "status": status})


def quantities(order: Order) -> tuple[int, int]:
    """Return shipped and delivered quantity of an order's only line."""
    line = order.lines.get()
    return int(line.shipped_quantity), int(line.delivered_quantity)


@fault("same report fifty times", core=True)
def same_report_fifty_times(testbed: Testbed) -> None:
    """One shipment is reported fifty times at once; it has one effect and one answer."""
    testbed.serve()
    order = submitted_order(testbed.market)
    report = shipment_event(order, "WH-50", "shipped", "4")
    with ThreadPoolExecutor(TIMES) as pool:
        answers = list(pool.map(lambda _: post(testbed, report), range(TIMES)))
    results = Counter((status, answer["result"]) for status, answer in answers)
    assert results == {(200, "applied"): 1, (200, "duplicate"): TIMES - 1}
    assert quantities(order) == (4, 0)
    assert Shipment.objects.filter(order=order).count() == 1


SLOW_SHIPMENTS = """
CREATE FUNCTION slow_shipment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER slow_shipment BEFORE INSERT ON fulfilment_shipment
FOR EACH ROW EXECUTE FUNCTION slow_shipment();
"""
ASLEEP = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event = 'PgSleep'
"""


@fault("web killed inside a report")
def web_killed_inside_a_report(testbed: Testbed) -> None:
    """SIGKILL of the web process between storing a report and its effect; it is sent again."""
    testbed.serve()
    order = submitted_order(testbed.market)
    report = shipment_event(order, "WH-killed", "shipped", "4")
    before = InboundMessage.objects.count()
    with connection.cursor() as cursor:
        cursor.execute(SLOW_SHIPMENTS)
        with ThreadPoolExecutor(1) as pool:
            interrupted = pool.submit(post, testbed, report)
            eventually(lambda: read(ASLEEP), "a report under way")
            testbed.kill_web()
            assert isinstance(interrupted.exception(20), OSError | http.client.HTTPException)
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", read(ASLEEP)[0])
        cursor.execute("DROP FUNCTION slow_shipment CASCADE")
    assert InboundMessage.objects.count() == before
    status, answer = post(testbed, report)
    assert (status, answer["result"]) == (200, "applied")
    assert quantities(order) == (4, 0)


def read(query: str) -> list[tuple[Any, ...]]:
    """Read what a query finds."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@fault("report before our answer is stored", core=True)
def report_before_our_answer(testbed: Testbed) -> None:
    """The warehouse reports a shipment before its answer to the order arrives."""
    testbed.serve()
    testbed.inject({"mode": "slow", "seconds": 0.7, "times": 1})
    order = submitted_order(testbed.market)
    testbed.start_worker()
    eventually(testbed.has_lease, "a lease")
    status, answer = post(testbed, shipment_event(order, "WH-early", "shipped", "10"))
    assert (status, answer["result"]) == (200, "applied")
    known = ExternalRef.objects.filter(record_id=order.pk, connection__code="warehouse")
    assert not known.exists()
    eventually(known.exists, "a reference")
    assert quantities(order) == (10, 0)


@fault("bad signatures and ages", core=True)
def bad_signatures(testbed: Testbed) -> None:
    """Signed with another key, too early, too late: refused, and nothing is written."""
    order = submitted_order(testbed.market)
    now, long = timezone.now(), dt.timedelta(minutes=6)
    before = InboundMessage.objects.count()
    for options in ({"key": signing.make_secret()}, {"at": now - long}, {"at": now + long}):
        status, answer = post(testbed, status_report(order), **options)
        assert (status, answer["code"]) == (401, "bad_signature")
    assert InboundMessage.objects.count() == before


@fault("malformed bodies", core=True)
def malformed_bodies(testbed: Testbed) -> None:
    """300 KB, two thousand levels, NaN, NUL, no JSON, no object: refused, nothing written."""
    order = submitted_order(testbed.market)
    before = InboundMessage.objects.count()
    good = json.dumps(status_report(order))
    bodies = {
        good[:-1] + f', "padding": "{"x" * 300 * KILOBYTE}"}}': 413,
        '{"data":' * 2000 + "1" + "}" * 2000: 422,
        "[" * 2000 + "]" * 2000: 200,  # a list of one event, which is invalid
        good[:-1] + ', "weight": NaN}': 422,
        good.replace("accepted", "acc\\u0000epted"): 422,
        "<order/>": 422,
        '"accepted"': 422,
    }
    for body, expected in bodies.items():
        status, answer = post(testbed, body)
        assert status == expected, answer
    assert InboundMessage.objects.count() == before


@fault("batch with a malformed report", core=True)
def batch_with_one_bad(testbed: Testbed) -> None:
    """Three reports in one request, the second malformed: the others have their effect."""
    order = submitted_order(testbed.market)
    bad = status_report(order) | {"data": {"order": order.number, "status": "lost"}}
    batch = [status_report(order), bad, shipment_event(order, "WH-batch", "delivered", "3")]
    status, answer = post(testbed, batch)
    results = [each["result"] for each in answer["results"]]
    assert (status, results) == (200, ["applied", "invalid", "applied"])
    assert quantities(order) == (3, 3)


@fault("reports shuffled and repeated", core=True)
def reports_shuffled_and_repeated(testbed: Testbed) -> None:
    """The warehouse sends every report twice and in another order; no status moves backwards."""
    testbed.serve()
    order = submitted_order(testbed.market)
    testbed.start_worker()
    known = ExternalRef.objects.filter(record_id=order.pk, connection__code="warehouse")
    eventually(known.exists, "a reference")
    testbed.inject({"mode": "duplicate_reports"}, {"mode": "shuffle_reports", "seconds": 0.3})
    for status in ("accepted", "picked", "packed", "shipped", "delivered"):
        testbed.sandbox.ask("POST", f"/orders/{known.get().external_id}/report", {"status": status})
    done = Order.objects.filter(pk=order.pk, fulfilment_status="delivered")
    eventually(done.exists, "a delivery")
    reports = testbed.sandbox.ask("GET", "/outgoing")
    eventually(lambda: _all_sent(testbed), "the last report")
    assert quantities(order) == (10, 10)
    assert InboundMessage.objects.filter(root_id=order.pk).count() == len(reports)


def _all_sent(testbed: Testbed) -> bool:
    return all(each["state"] != "waiting" for each in testbed.sandbox.ask("GET", "/outgoing"))

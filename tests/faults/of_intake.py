"""Reports that come in at the worst moment, in the worst shape, or all at once."""

from __future__ import annotations

import datetime as dt
import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

from django.utils import timezone

from fulfilment import signing
from fulfilment.models import ExternalRef, InboundMessage, Shipment
from sales.models import Order
from tests.faults.registry import fault
from tests.faults.stage import Stage
from tests.fulfilment.conftest import event, shipment_event, submitted_order
from tests.fulfilment.processes import eventually, secret

KEY = secret("from warehouse")
TIMES = 50
KILOBYTE = 1024


def post(stage: Stage, body: Any, *, at: dt.datetime | None = None, key: str = KEY) -> Any:
    """Report as the warehouse would; returns the status and what was answered."""
    text = body if isinstance(body, str) else json.dumps(body)
    message_id = body["id"] if isinstance(body, dict) else "batch"
    headers = signing.sign(message_id, text, [key], at=at or timezone.now())
    talk = http.client.HTTPConnection("127.0.0.1", stage.serve(), timeout=20)
    with closing(talk):
        headers["Content-Type"] = "application/cloudevents+json"
        talk.request("POST", "/api/v1/intake/warehouse", text.encode(), headers)
        answer = talk.getresponse()
        return answer.status, json.loads(answer.read())


def status_report(order: Order, word: str = "accepted") -> dict[str, Any]:
    """Say how far an order is."""
    return event("warehouse.order.status", {"order": order.number, "status": word})


def quantities(order: Order) -> tuple[int, int]:
    """Read what has left and what has arrived of an order's only line."""
    line = order.lines.get()
    return int(line.shipped_quantity), int(line.delivered_quantity)


@fault("same report fifty times", core=True)
def same_report_fifty_times(stage: Stage) -> None:
    """One shipment is reported fifty times at once; it has one effect and one answer."""
    stage.serve()
    order = submitted_order(stage.market)
    report = shipment_event(order, "WH-50", "shipped", "4")
    with ThreadPoolExecutor(TIMES) as clerks:
        answers = list(clerks.map(lambda _: post(stage, report), range(TIMES)))
    results = Counter((status, answer["result"]) for status, answer in answers)
    assert results == {(200, "applied"): 1, (200, "duplicate"): TIMES - 1}
    assert quantities(order) == (4, 0)
    assert Shipment.objects.filter(order=order).count() == 1


@fault("report before our answer is stored", core=True)
def report_before_our_answer(stage: Stage) -> None:
    """The warehouse ships while its answer to the order is still on the way."""
    stage.serve()
    stage.misbehave({"mode": "slow", "seconds": 0.7, "times": 1})
    order = submitted_order(stage.market)
    stage.work()
    eventually(stage.leased, "a lease")
    status, answer = post(stage, shipment_event(order, "WH-early", "shipped", "10"))
    assert (status, answer["result"]) == (200, "applied")
    known = ExternalRef.objects.filter(record_id=order.pk, connection__code="warehouse")
    assert not known.exists()
    eventually(known.exists, "a reference")
    assert quantities(order) == (10, 0)


@fault("bad signatures and ages", core=True)
def bad_signatures(stage: Stage) -> None:
    """Signed with another key, too early, too late: refused, and nothing is written."""
    order = submitted_order(stage.market)
    now, long = timezone.now(), dt.timedelta(minutes=6)
    before = InboundMessage.objects.count()
    for options in ({"key": signing.make_secret()}, {"at": now - long}, {"at": now + long}):
        status, answer = post(stage, status_report(order), **options)
        assert (status, answer["code"]) == (401, "bad_signature")
    assert InboundMessage.objects.count() == before


@fault("monstrous bodies", core=True)
def monstrous_bodies(stage: Stage) -> None:
    """300 KB, two thousand levels, NaN, NUL, no JSON, no object: refused, nothing written."""
    order = submitted_order(stage.market)
    before = InboundMessage.objects.count()
    good = json.dumps(status_report(order))
    bodies = {
        good[:-1] + f', "padding": "{"x" * 300 * KILOBYTE}"}}': 413,
        "[" * 2000 + "]" * 2000: 422,
        good[:-1] + ', "weight": NaN}': 422,
        good.replace("accepted", "acc\\u0000epted"): 422,
        "<order/>": 422,
        '"accepted"': 422,
    }
    for body, expected in bodies.items():
        status, answer = post(stage, body)
        assert status == expected, answer
    assert InboundMessage.objects.count() == before


@fault("batch with one bad", core=True)
def batch_with_one_bad(stage: Stage) -> None:
    """Three reports in one request, the second out of shape: the others have their effect."""
    order = submitted_order(stage.market)
    bad = status_report(order) | {"data": {"order": order.number, "status": "lost"}}
    batch = [status_report(order), bad, shipment_event(order, "WH-batch", "delivered", "3")]
    status, answer = post(stage, batch)
    results = [each["result"] for each in answer["results"]]
    assert (status, results) == (200, ["applied", "invalid", "applied"])
    assert quantities(order) == (3, 3)


@fault("reports shuffled and repeated", core=True)
def reports_shuffled_and_repeated(stage: Stage) -> None:
    """The warehouse sends every report twice and in another order; nothing moves backwards."""
    stage.serve()
    order = submitted_order(stage.market)
    stage.work()
    known = ExternalRef.objects.filter(record_id=order.pk, connection__code="warehouse")
    eventually(known.exists, "a reference")
    stage.misbehave({"mode": "duplicate_reports"}, {"mode": "shuffle_reports", "seconds": 0.3})
    for word in ("accepted", "picked", "packed", "shipped", "delivered"):
        stage.sandbox.ask("POST", f"/orders/{known.get().external_id}/report", {"status": word})
    done = Order.objects.filter(pk=order.pk, fulfilment_status="delivered")
    eventually(done.exists, "a delivery")
    reports = stage.sandbox.ask("GET", "/outgoing")
    eventually(lambda: _all_sent(stage), "the last report")
    assert quantities(order) == (10, 10)
    assert InboundMessage.objects.filter(root_id=order.pk).count() == len(reports)


def _all_sent(stage: Stage) -> bool:
    return all(each["state"] != "waiting" for each in stage.sandbox.ask("GET", "/outgoing"))

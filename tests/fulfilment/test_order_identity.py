"""Identity of shared orders: a system that went back to an older copy gives ids out anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crm.models import User
from fulfilment.models import Discrepancy, ExternalRef, Handoff, InboundMessage
from fulfilment.outbound.drain import drain
from fulfilment.outbound.handoff_actions import IdTaken, replay_handoff
from sales.models import Order
from tests.factories import Market
from tests.fulfilment.supply import sold
from tests.fulfilment.supply_system import SupplySystem, connected_system
from tests.fulfilment.test_reconcile import counts, reference, run_through, sync_counts
from web.pages.handoffs import handoff_page


@pytest.fixture
def system(market: Market, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SupplySystem:
    """The supply-chain system, with one mapped item AX-9 at 20.00."""
    return connected_system(market, monkeypatch, tmp_path)


@pytest.fixture
def ours(system: SupplySystem, market: Market, tmp_path: Path) -> Order:
    """An order of ours that their copy of before does not have."""
    system.store.copy_to(tmp_path / "copy.db")
    order = sold(market)
    drain()
    system.deliver()
    return order


def go_back(system: SupplySystem, tmp_path: Path) -> None:
    system.store.restore_from(tmp_path / "copy.db")


def deliver(system: SupplySystem) -> None:
    assert system.deliver() == ["applied"]


def compare(system: SupplySystem) -> None:
    run_through(system, whole=True)


@pytest.mark.parametrize("learn", [deliver, compare])
def test_an_order_with_a_used_id_and_another_number_is_another_order(
    system: SupplySystem, ours: Order, tmp_path: Path, learn: Callable[[SupplySystem], Any]
) -> None:
    go_back(system, tmp_path)
    theirs = system.enter(customer_reference="THEIRS")
    used = ExternalRef.objects.get(record_type="order", record_id=ours.pk)
    assert used.external_id == theirs["id"]

    learn(system)

    other = Order.objects.get(number=theirs["number"])
    assert (other.origin, other.customer_reference) == ("supply", "THEIRS")
    here = Order.objects.get(pk=ours.pk)
    assert (here.version, here.customer_reference) == (ours.version, "")
    assert ExternalRef.objects.get(external_id=theirs["id"]).record_id == other.pk
    found = Discrepancy.objects.get()
    assert (found.kind, found.record_number) == ("missing_there", ours.number)
    assert found.display_rule == (
        f"{system.connection} had {ours.number} and does not have it any more: cancel the order "
        "here, or change it, so that it is made there again."
    )
    assert (sync_counts(system).agree, sync_counts(system).missing_there) == (1, 1)


def test_a_document_of_another_order_with_a_used_id_is_none_of_ours(
    system: SupplySystem, ours: Order, tmp_path: Path
) -> None:
    go_back(system, tmp_path)
    theirs = system.enter()
    system.post(theirs["id"], "deliver")
    [posted] = [each for each in system.reports() if "delivery" in each["data"]]

    assert system.send(posted) == "deferred"


def test_an_order_that_is_missing_there_is_made_there_under_a_new_id(
    system: SupplySystem, ours: Order, market: Market, tmp_path: Path
) -> None:
    go_back(system, tmp_path)
    theirs = system.enter()
    system.deliver()

    reference(ours, market, "OURS")
    drain()
    system.deliver()

    assert system.there(theirs["number"])["customer_reference"] is None
    there = system.there(ours.number or "")
    assert (there["customer_reference"], there["lines"][0]["quantity"]) == ("OURS", "3")
    assert counts(run_through(system, whole=True)) == {"agree": 2}
    assert not InboundMessage.objects.filter(resolved_at=None, result="quarantined").exists()
    assert not Discrepancy.objects.filter(resolved_at=None).exists()


def test_an_order_that_is_made_there_anew_keeps_its_number_and_our_id(
    system: SupplySystem, ours: Order, market: Market, tmp_path: Path
) -> None:
    go_back(system, tmp_path)
    theirs = system.enter()
    system.drop()

    reference(ours, market, "OURS")
    system.store.execute("delete from orders where id = ?", theirs["id"])
    drain()

    assert system.deliver() == ["applied"]
    there = system.there(ours.number or "")
    assert there["id"] != theirs["id"]
    assert ExternalRef.objects.get(record_id=ours.pk).external_id == there["id"]


def test_what_was_queued_with_an_id_that_another_order_has_now_is_not_sent(
    system: SupplySystem, ours: Order, market: Market, clerk: User, tmp_path: Path
) -> None:
    reference(ours, market, "OURS")
    queued = Handoff.objects.latest("id")
    go_back(system, tmp_path)
    theirs = system.enter(customer_reference="THEIRS")
    system.deliver()

    drain()

    assert system.there(theirs["number"])["customer_reference"] == "THEIRS"
    assert system.there(theirs["number"])["throughline_id"] is None
    queued.refresh_from_db()
    assert queued.state == Handoff.State.SUPERSEDED
    assert queued.lane.pending == 0
    assert queued.display_resolution == (
        f"Another order of {system.connection} has the id of {ours.number} by now: cancel the "
        "order here, or change it, so that it is made there again under another id."
    )
    with pytest.raises(IdTaken, match="another order there has its id") as refusal:
        replay_handoff(queued.pk, actor=market.rep)
    page = handoff_page(Handoff.objects.with_wait().get(pk=queued.pk), clerk)
    assert page.actions is not None
    assert {str(each.label): each.reason for each in page.actions.all}["Send again"] == str(
        refusal.value
    )

    reference(ours, market, "AGAIN")
    drain()
    system.deliver()
    assert system.there(ours.number or "")["customer_reference"] == "AGAIN"
    assert system.there(theirs["number"])["customer_reference"] == "THEIRS"

"""Faults of two-way sync: edits on both sides, echoes in another notation, and loops."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Unpack

from fulfilment.models import Connection, Discrepancy, Handoff, SyncState
from fulfilment.sync.conflicts import Choice
from sales.models import Order, Product
from sales.services.change_orders import Changes, change_order
from sales.services.documents.draft_fields import HeadChanges
from sales.services.documents.drafts import draft_order
from sales.services.documents.lines import add_line
from sales.services.orders import submit_order
from tests.factories import Market
from tests.faults.registry import fault
from tests.faults.testbed import Testbed, wait_skipping_pauses
from tests.fulfilment.conftest import ORDER_EVENTS
from tests.fulfilment.decisions import decide_conflict
from tests.fulfilment.processes import Sandbox, eventually, sandbox
from tests.fulfilment.supply import map_market, mapped_product


@dataclass
class TwoSides:
    """A supply-chain system with a company of its own, and an order of it that both hold alike."""

    testbed: Testbed
    supply: Sandbox
    market: Market
    order: Order

    @property
    def theirs(self) -> dict[str, Any]:
        """The order as it is there."""
        known = self.supply.ask("GET", "/orders")
        return next(each for each in known if each["number"] == self.order.number)

    def edit_here(self, **head: Unpack[HeadChanges]) -> None:
        """A rep edits the order."""
        change_order(self.order.pk, Changes(head=head), actor=self.market.rep)

    def edit_there(self, **fields: Any) -> None:
        """Their clerk edits the order."""
        self.supply.ask("POST", f"/orders/{self.theirs['id']}/edit", fields)

    def settle(self) -> None:
        """Wait until nothing is on its way, in either direction."""
        waiting = Handoff.objects.filter(lane__connection__code="supply", state__in=Handoff.WAITING)

        def is_quiet() -> bool:
            reports = self.supply.ask("GET", "/outgoing")
            arrived = all(each["state"] == "delivered" for each in reports)
            return arrived and not waiting.exists() and self._is_known()

        wait_skipping_pauses(self.testbed, is_quiet, "an empty queue on both sides")

    def _is_known(self) -> bool:
        state = SyncState.objects.filter(record_id=self.order.pk).first()
        return state is not None and not state.pushes and not state.must_send_again

    def references(self) -> tuple[str, str]:
        """The customer's reference here and there."""
        self.order.refresh_from_db()
        return self.order.customer_reference, self.theirs["customer_reference"] or ""


@contextmanager
def two_sides(testbed: Testbed) -> Iterator[TwoSides]:
    """Connect a supply-chain system for this fault, and agree on an order with it."""
    market = Market()
    folder = testbed.folder / f"supply-{testbed.rng.randrange(10**9)}"
    folder.mkdir()
    web = f"http://127.0.0.1:{testbed.serve()}"
    settings = {"kind": Connection.Kind.SUPPLY, "companies": [market.company.pk]}
    with sandbox("supply", ORDER_EVENTS, web, folder, **settings) as supply:
        connection = Connection.objects.get(code="supply")
        try:
            map_market(connection, market)
            product = mapped_product(connection, market, "AX-9", "20.00")
            testbed.start_worker()
            sides = TwoSides(testbed, supply, market, _sold(market, product))
            eventually(lambda: supply.ask("GET", "/orders"), "our order there")
            sides.settle()
            yield sides
            sides.settle()
            testbed.forker.kill_all()
        finally:
            code = f"supply-{connection.pk.hex[:12]}"
            disabled = Connection.Status.DISABLED
            Connection.objects.filter(pk=connection.pk).update(status=disabled, code=code)


def _sold(market: Market, product: Product) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Bar refit")
    add_line(order, actor=market.rep, product=product, quantity=Decimal(3))
    return submit_order(order.pk, actor=market.rep)


@fault("both edit the same field")
def both_edit_the_same_field(testbed: Testbed) -> None:
    """A field is edited on both sides at once; each keeps its own until a person decides."""
    with two_sides(testbed) as sides:
        testbed.forker.kill_all()
        sides.edit_here(customer_reference="OURS")
        sides.edit_there(customer_reference="THEIRS")
        opened = Discrepancy.objects.open().filter(record_id=sides.order.pk)
        eventually(opened.exists, "a conflict")
        testbed.start_worker()
        sides.settle()
        assert sides.references() == ("OURS", "THEIRS")
        found = opened.get()
        assert (found.field, found.ours, found.theirs) == (
            *("head.customer_reference", "OURS", "THEIRS"),
        )
        decide_conflict(found.pk, Choice.OURS, actor=testbed.market.rep, reason="They asked us")
        eventually(lambda: sides.references() == ("OURS", "OURS"), "our value there")
        assert not opened.exists()


@fault("edited there between sending and answer")
def edited_there_before_the_answer(testbed: Testbed) -> None:
    """Their clerk edits the order while our push is under way; neither edit is lost."""
    with two_sides(testbed) as sides:
        sides.supply.ask("POST", "/control", [{"mode": "slow", "seconds": 0.5, "times": 2}])
        sides.edit_here(customer_reference="OURS")
        eventually(testbed.has_lease, "a push under way")
        sides.edit_there(name="Their name", requested_ship_date="2027-01-04")

        def hold_both() -> bool:
            theirs = sides.theirs
            dates = (str(sides.order.requested_on), theirs["requested_ship_date"])
            return sides.references() == ("OURS", "OURS") and dates == ("2027-01-04",) * 2

        wait_skipping_pauses(testbed, hold_both, "both edits on both sides")
        assert not Discrepancy.objects.filter(record_id=sides.order.pk).exists()


@fault("echo in another notation")
def echo_in_another_notation(testbed: Testbed) -> None:
    """Our push comes back with another scale and order; that is no edit, and makes no version."""
    with two_sides(testbed) as sides:
        sides.supply.ask("POST", "/modes", {"reformatted": True})
        sides.edit_here(customer_reference="OURS")
        sides.order.refresh_from_db()
        version = sides.order.version
        eventually(lambda: sides.theirs["customer_reference"] == "OURS", "our edit there")
        sides.settle()
        sides.order.refresh_from_db()
        assert sides.order.version == version
        assert SyncState.objects.get(record_id=sides.order.pk).knows == version
        assert not Discrepancy.objects.filter(record_id=sides.order.pk).exists()


@fault("two systems change a field back and forth")
def loop(testbed: Testbed) -> None:
    """A clerk sets our name of an order back each time; after three answers a report says so."""
    with two_sides(testbed) as sides:
        found = Discrepancy.objects.open().filter(
            record_id=sides.order.pk, kind=Discrepancy.Kind.SENT_BACK
        )

        def set_back() -> bool:
            if found.exists():
                return True
            if sides.theirs["name"] == "Bar refit":
                sides.edit_there(name="Theirs")
            return False

        wait_skipping_pauses(testbed, set_back, "a report of the loop")
        sides.settle()
        pushes = [row for row in sides.supply.ledger() if row[0].endswith("sent_again")]
        assert len(pushes) == 3
        sides.order.refresh_from_db()
        assert sides.order.name == "Bar refit"

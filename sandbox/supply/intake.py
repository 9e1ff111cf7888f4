"""Intake of the supply-chain system: what each push of Throughline changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.cloudevents import Event
from sandbox.errors import Refused
from sandbox.inbox import Answer, Inbox
from sandbox.store import Store
from sandbox.supply.amounts import Currencies
from sandbox.supply.checks import check_order, wanted_quantities
from sandbox.supply.documents import Documents, kind_of
from sandbox.supply.modes import Modes, OnConflict
from sandbox.supply.pushes import Push, PushedLine, read_push
from sandbox.supply.records import Line, Order, Orders
from sandbox.supply.snapshots import Reports

ORDER_EVENTS = "throughline.order."


class Intake:
    """Applies pushes, by the modes that are on."""

    def __init__(
        self, store: Store, reports: Reports, modes: Modes, currencies: Currencies
    ) -> None:
        self._orders = Orders(store)
        self._reports = reports
        self._documents = Documents(self._orders, reports)
        self._modes = modes
        self._currencies = currencies
        self.inbox = Inbox(store, self._apply)

    def answer(self, message_id: str, reference: str) -> dict[str, Any]:
        """Return what the response to a push says beside its reference: id and sequence."""
        sequence = self._orders.answered(message_id)
        order = self._orders.find("", reference)
        if sequence is None and order is not None:
            sequence = order.sequence
        return {} if sequence is None else {"id": reference, "sequence": sequence}

    def _apply(self, event: Event, forgotten: bool) -> Answer:
        if event.data.has("order") and kind_of(event.data):
            return self._take_document(event)
        if not event.type.startswith(ORDER_EVENTS):
            return self.inbox.note(event, "NOTE")
        push = read_push(event.data)
        order = self._orders.find(push.throughline_id, push.order_id)
        if self._modes.now.forgets_pushes:
            return self._forget(event, order)
        is_new = order is None or forgotten
        if order is None or forgotten:
            order = self._create(push, may_repeat=forgotten)
        self._check_known(order, push)
        self._write(order, self._by_mode(push, is_new=is_new))
        for document in event.data.objects("documents") if event.data.has("documents") else ():
            self._documents.count(order, document)
        order.knows = max(order.knows, push.version)
        order.cause = event.id
        self._orders.save(order)
        self._orders.keep_answer(event.id, order.sequence)
        self._reports.order_changed(order)
        return Answer(order.id)

    def _take_document(self, event: Event) -> Answer:
        named = event.data.object("order")
        order = self._orders.find(named.text("throughline_id"), named.optional_text("id"))
        if self._modes.now.forgets_pushes:
            return self._forget(event, order)
        return self._documents.take(event, order)

    def _forget(self, event: Event, order: Order | None) -> Answer:
        """Answer as if the push were applied, and keep nothing of it but the answer."""
        self._orders.keep_answer(event.id, self._orders.latest_sequence() + 1)
        return Answer(order.id if order else self._orders.next_id(), outcome="forgotten")

    def _create(self, push: Push, *, may_repeat: bool) -> Order:
        if self._orders.has_number(push.number) and not may_repeat:
            detail = f"Another order has the number {push.number}."
            raise Refused(409, "number_taken", detail)
        return Order(
            id=self._orders.next_id(),
            number=push.number,
            digits=self._currencies.digits_of(push.first["currency"]),
            origin="throughline",
            throughline_id=push.throughline_id,
            **push.first,
        )

    def _check_known(self, order: Order, push: Push) -> None:
        here = {"id": order.id, "sequence": order.sequence}
        if order.is_deleted:
            raise Refused(409, "deleted", f"{order.number} is deleted.", here)
        unknown = self._orders.edited_after(order.id, push.knows)
        if unknown and self._modes.now.on_conflict is OnConflict.REFUSE:
            detail = f"{order.number} was edited here since {push.knows}: {', '.join(unknown)}."
            raise Refused(409, "behind", detail, here | {"edited": unknown})

    def _by_mode(self, push: Push, *, is_new: bool) -> Push:
        if self._modes.now.lossy:
            push = push.with_losses()
        if self._modes.now.on_conflict is OnConflict.NAMED and not is_new:
            return push.only_changes()
        return push

    def _write(self, order: Order, push: Push) -> None:
        before = wanted_quantities(order)
        order.throughline_id = push.throughline_id
        for name, value in push.head.items():
            setattr(order, name, value)
        if push.lines is not None:
            self._write_lines(order, push.lines)
        check_order(order, before)

    def _write_lines(self, order: Order, lines: Iterable[PushedLine]) -> None:
        written = {self._write_line(order, pushed).id for pushed in lines}
        if self._modes.now.on_conflict is OnConflict.OVERWRITE:
            order.lines = [
                line
                for line in order.lines
                if line.id in written or line.delivered or line.invoiced
            ]

    def _write_line(self, order: Order, pushed: PushedLine) -> Line:
        line = _matching(order, pushed)
        if line is None:
            line = Line(self._orders.next_lot(), order.next_line_number())
            order.lines.append(line)
        line.throughline_id = pushed.throughline_id
        for name, value in pushed.values.items():
            setattr(line, name, value)
        return line


def _matching(order: Order, pushed: PushedLine) -> Line | None:
    """Find a line by its id in either system, never by its number."""
    for line in order.lines:
        if line.throughline_id == pushed.throughline_id:
            return line
    return next((line for line in order.lines if pushed.lot and line.id == pushed.lot), None)

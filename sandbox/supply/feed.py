"""Changed-since feed: all orders that changed after a cursor, in pages.

The cursor is a counter that every change takes the next number of when it is saved; changes are
saved one after the other, so none appears behind a cursor that was given out. In the mode *clock*
it is a second: changes tie, and every other order is stamped by a clock that is behind.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sandbox.errors import Malformed
from sandbox.supply.modes import Cursor, Modes
from sandbox.supply.records import Order, Orders
from sandbox.supply.snapshots import as_sent, snapshot

DEFAULT_LIMIT, LARGEST_LIMIT = 100, 500


class Feed:
    """Reads pages of the feed."""

    def __init__(self, orders: Orders, modes: Modes) -> None:
        self._orders = orders
        self._modes = modes

    def page(self, changed_since: str, limit: str) -> dict[str, Any]:
        """Return the orders after a cursor, deleted ones too, and the cursor of the next page.

        ``latest`` is the cursor of the last change of all: one below a cursor that was given out
        shows that this system went back to an older copy of its data.
        """
        if self._modes.now.cursor is Cursor.CLOCK:
            return self._by_clock(_moment(changed_since), _limit(limit))
        return self._by_counter(_whole(changed_since or "0", "changed_since"), _limit(limit))

    def _by_counter(self, after: int, limit: int) -> dict[str, Any]:
        orders = self._orders.changed_after(after, limit + 1)
        shown, latest = orders[:limit], self._orders.latest_sequence()
        following = shown[-1].sequence if shown else after
        return self._page(shown, str(following), str(latest), more=len(orders) > limit)

    def _by_clock(self, after: int, limit: int) -> dict[str, Any]:
        """Read up to a limit, and all that share the last one's second."""
        stamped = self._orders.changed_after_moment(after, limit)
        following = stamped[-1][0] if stamped else after
        latest = self._orders.latest_moment()
        orders = [order for _moment, order in stamped]
        return self._page(orders, _text(following), _text(latest), more=following < latest)

    def _page(
        self, orders: list[Order], following: str, latest: str, *, more: bool
    ) -> dict[str, Any]:
        shown = [as_sent(snapshot(order), self._modes.now) for order in orders]
        return {"orders": shown, "next": following, "more": more, "latest": latest}


def _whole(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Malformed(f"{name} must be a whole number.")
    return int(text)


def _limit(text: str) -> int:
    limit = _whole(text or str(DEFAULT_LIMIT), "limit")
    if not 1 <= limit <= LARGEST_LIMIT:
        raise Malformed(f"limit must be from 1 to {LARGEST_LIMIT}.")
    return limit


def _moment(text: str) -> int:
    try:
        moment = dt.datetime.fromisoformat(text) if text else dt.datetime.fromtimestamp(0, dt.UTC)
    except ValueError as error:
        raise Malformed("changed_since must be a moment such as 2026-11-22T01:20:00Z.") from error
    return int((moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).timestamp())


def _text(moment: int) -> str:
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat().replace("+00:00", "Z")

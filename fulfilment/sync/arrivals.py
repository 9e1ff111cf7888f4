"""Arrival of their snapshots: out of order, and in a loop."""

from __future__ import annotations

from fulfilment.sync.merge import Merge

MOST_ROUND_TRIPS = 3
"""So often may a snapshot of theirs be answered without an edit by a person."""


def is_stale(sequence: int, applied: int) -> bool:
    """Return whether a later snapshot was applied before; gaps do not matter."""
    return sequence < applied


def round_trips(before: int, merged: Merge, *, edited: bool) -> int:
    """Count the snapshots that had to be answered; an edit by a person begins anew.

    That they hold ours in between ends no count, as ours may be changed back once more. It ends a
    loop that was stopped.
    """
    counted = 0 if edited else before
    if merged.tell_origin:
        return counted + 1
    return 0 if is_loop(counted) else counted


def is_loop(trips: int) -> bool:
    """Return whether the two systems change the order back and forth: nothing is answered then."""
    return trips > MOST_ROUND_TRIPS

"""Merge cases: the vectors of the two-way merge, each by its id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fulfilment.sync.arrivals import is_loop, is_stale, round_trips
from fulfilment.sync.canonical import Notation, canonical, with_missing_lines
from fulfilment.sync.conflicts import Choice, Decision, decide, named, outgoing
from fulfilment.sync.merge import Conflict, ConflictKind, Merge, Push, Snapshot, base_of, merge
from fulfilment.sync.policies import POLICIES, policy_of, with_origin
from sales.models import OrderLine
from sales.services.billing.order_statuses import billing_of, fulfilment_of
from tests.fulfilment.sync.vectors_of import as_parameters, read_cases

CASES = read_cases("merge_cases.json")
EURO = Notation("EUR", countries={"Germany": "DE"})

QUANTITY = "line.7.quantity"
DATE = "line.7.requested_on"
DELIVERED = "line.7.delivered"
CANCELLED = "head.is_cancelled"
LINE = {QUANTITY: "3", "line.7.price": {"amount": "20", "per": "1"}, "line.7.discount": "10.00"}
OPEN = {QUANTITY: "3", DATE: "2026-12-01", CANCELLED: False}
CONFLICT = Conflict(QUANTITY, "3", "5", "6")

LEFT_TO_SERVICES = {
    "T03": "one message fifty times at once: the inbox knows ids of messages",
    "T04": "two first messages at once: the external reference is the lock",
}
"""Cases that are decided where there is a database."""

tested: set[str] = set(LEFT_TO_SERVICES)

Test = Callable[..., None]


def case(*ids: str) -> Callable[[Test], Test]:
    """Run a test with the cases of these ids."""
    tested.update(ids)
    return pytest.mark.parametrize("case", as_parameters(CASES, "title", ids))


def outcome_of(merged: Merge) -> str:
    """Name what a merge of one field comes to, where the sides differ."""
    found = {
        "conflict": merged.conflicts,
        "take": merged.apply,
        "keep": merged.tell_origin,
        "changed_on_arrival": merged.changed_on_arrival,
    }
    return next((name for name, fields in found.items() if fields), "keep_quiet")


@case(*(f"F{number:02}" for number in range(1, 18)))
def test_merges_a_field(case: dict[str, Any]) -> None:
    path = case["field"].replace("line.", "line.7.")
    ours, theirs = ({path: case["before"][side]} for side in ("ours", "theirs"))
    base = {path: case["before"]["base"]} if case["before"]["base"] is not None else {}
    policy = policy_of(path, with_origin(POLICIES, made_here=True))

    merged = merge(base, ours, theirs)

    value = dict(merged.apply).get(path, case["before"]["ours"])
    agreed = value == case["before"]["theirs"]
    assert policy is not None
    assert policy.owner == case["owner"]
    assert {
        "value": value,
        "outcome": "nothing" if ours == theirs else outcome_of(merged),
        "both_held": value if agreed else case["before"]["base"],
        "version": len(merged.apply),
    } == case["after"]


def assert_no_difference(case: dict[str, Any], ours: Any, theirs: Any, **terms: Any) -> None:
    """Assert that two ways to write an order are one, and that nothing follows from it."""
    notation = replace(EURO, **terms)
    here, there = (
        order if "head" in order or "lines" in order else {"head": order}
        for order in (ours, theirs)
    )

    base, values = canonical(here, notation), canonical(there, notation)
    merged = merge(base, base, values)

    assert case["after"] == {"outcome": "nothing", "version": 0, "handoffs": 0}
    assert values.items() <= base.items()
    assert merged.is_echo
    assert (merged.apply, merged.conflicts, merged.tell_origin) == ((), (), ())


@case("N01")
def test_compares_quantities_as_numbers(case: dict[str, Any]) -> None:
    ours, theirs = (
        {"lines": [{"id": 7, "quantity": case["before"][it]}]} for it in ("ours", "theirs")
    )

    assert_no_difference(case, ours, theirs)


@case("N02")
def test_matches_lines_by_id(case: dict[str, Any]) -> None:
    lines = [
        {"id": "7", "position": 1, "quantity": "3", "price": "20.00"},
        {"id": "8", "position": 2, "quantity": "1", "price": "5.00"},
    ]
    reordered = [dict(reversed(line.items())) for line in reversed(lines)]

    assert_no_difference(case, {"lines": lines}, {"lines": reordered})


@case("N03")
def test_ignores_line_ends_and_trailing_space(case: dict[str, Any]) -> None:
    ours, theirs = ({"ship_to": {"note": case["before"][it]}} for it in ("ours", "theirs"))

    assert_no_difference(case, ours, theirs)


@case("N04")
def test_compares_texts_in_nfc(case: dict[str, Any]) -> None:
    assert_no_difference(
        case, {"customer_reference": "Caf\u00e9"}, {"customer_reference": "Cafe\u0301"}
    )


@case("N05")
def test_reads_countries_through_the_mapping(case: dict[str, Any]) -> None:
    ours, theirs = ({"ship_to": {"country": name}} for name in ("DE", "GERMANY"))

    assert_no_difference(case, ours, theirs)


@case("N06")
def test_reads_local_midnight_as_a_day(case: dict[str, Any]) -> None:
    moment, zone = case["before"]["theirs"].split(", company zone ")

    assert_no_difference(
        case,
        {"requested_on": case["before"]["ours"]},
        {"requested_on": moment},
        zone=ZoneInfo(zone),
    )


@case("N07")
def test_takes_what_is_missing_as_not_reported(case: dict[str, Any]) -> None:
    assert_no_difference(
        case, {"customer_reference": case["before"]["ours"], "name": "Bar"}, {"name": "Bar"}
    )


@case("L01")
def test_takes_a_line_that_was_added_there(case: dict[str, Any]) -> None:
    added = {"line.T9.quantity": "2", "line.T9.tax_rate": "0.055", "line.T9.charge": "1.00"}

    merged = merge(LINE, LINE, LINE | added)

    assert (outcome_of(merged), merged.apply) == (case["after"]["outcome"], tuple(added.items()))


@case("L02", "L03")
def test_keeps_both_lines_that_were_added(case: dict[str, Any]) -> None:
    """Their numbers may be the same; their ids are not."""
    orders = [
        {"lines": [{"id": line, "position": 3, "product": "Grinder", "quantity": "2"}]}
        for line in ("X", "Y")
    ]
    ours, theirs = (canonical(order, EURO) for order in orders)

    merged = merge({}, ours, theirs)

    assert case["after"] == {"outcome": "take and keep", "lines": 2}
    assert merged.apply == (("line.Y.product", "Grinder"), ("line.Y.quantity", "2"))
    assert (merged.conflicts, merged.tell_origin) == ((), ())


@case("L04")
def test_cancels_a_line_that_is_gone_there(case: dict[str, Any]) -> None:
    merged = merge(LINE, LINE, with_missing_lines({}, LINE))

    assert outcome_of(merged) == case["after"]["outcome"]
    assert merged.apply == ((QUANTITY, "0"), ("line.7.discount", "0.00"))


@case("L05")
def test_asks_about_a_line_that_is_gone_there_and_edited_here(case: dict[str, Any]) -> None:
    merged = merge(LINE, LINE | {QUANTITY: "5"}, with_missing_lines({}, LINE))

    assert outcome_of(merged) == case["after"]["outcome"]
    assert merged.conflicts == (Conflict(QUANTITY, "3", "5", "0"),)
    assert merged.apply == ()


@case("L06")
def test_asks_about_a_line_that_is_gone_there_and_shipped_here(case: dict[str, Any]) -> None:
    shipped = LINE | {DELIVERED: "2"}

    merged = merge(shipped, shipped, with_missing_lines({}, LINE))

    [conflict] = merged.conflicts
    assert conflict == Conflict(QUANTITY, "3", "3", "0", ConflictKind(case["after"]["kind"]))
    assert merged.apply == ()


@case("L07")
def test_opens_a_line_again_that_comes_back(case: dict[str, Any]) -> None:
    cancelled = {QUANTITY: "0"}

    merged = merge(cancelled, cancelled, LINE)

    assert (outcome_of(merged), merged.apply) == (case["after"]["outcome"], tuple(LINE.items()))


@case("S01")
def test_takes_a_cancellation_of_an_untouched_order(case: dict[str, Any]) -> None:
    merged = merge(OPEN, OPEN, {CANCELLED: True, DATE: "2026-12-03"})

    assert outcome_of(merged) == case["after"]["outcome"]
    assert merged.apply == ((DATE, "2026-12-03"), (CANCELLED, True))


@case("S02")
def test_asks_about_a_cancellation_of_an_order_that_was_edited(case: dict[str, Any]) -> None:
    merged = merge(OPEN, OPEN | {QUANTITY: "5"}, OPEN | {CANCELLED: True})

    assert outcome_of(merged) == case["after"]["outcome"]
    kind = ConflictKind(case["after"]["kind"])
    assert merged.conflicts == (Conflict(CANCELLED, False, False, True, kind),)
    assert merged.apply == ()


@case("S03")
def test_asks_about_a_cancellation_of_an_order_that_is_partly_shipped(
    case: dict[str, Any],
) -> None:
    shipped = OPEN | {DELIVERED: "2"}

    merged = merge(shipped, shipped, OPEN | {CANCELLED: True})

    kind = ConflictKind(case["after"]["kind"])
    assert merged.conflicts == (Conflict(CANCELLED, False, False, True, kind),)
    assert merged.apply == ()


@case("S04")
def test_asks_about_a_delivery_for_an_order_that_was_cancelled_here(case: dict[str, Any]) -> None:
    before = OPEN | {DELIVERED: "0"}

    merged = merge(before, before | {CANCELLED: True}, before | {DELIVERED: "3"})

    kind = ConflictKind(case["after"]["kind"])
    assert merged.conflicts == (Conflict(CANCELLED, False, True, False, kind),)
    assert merged.apply == ()


@case("S05")
def test_shows_progress_by_quantities(case: dict[str, Any]) -> None:
    theirs = case["before"]["theirs"]
    line = OrderLine(
        quantity=Decimal(10),
        shipped_quantity=Decimal(theirs["delivered"]),
        invoiced_quantity=Decimal(theirs["invoiced"]),
    )

    derived = fulfilment_of([line]).replace("_", " "), billing_of([line])

    assert derived == (case["after"]["fulfilment"], case["after"]["billing"])
    word = {"head.processing_status": theirs["processing_status"]}
    assert merge({}, {"head.processing_status": ""}, word).apply == tuple(word.items())


@case("T01")
def test_takes_nothing_from_an_older_snapshot_and_lets_progress_only_grow(
    case: dict[str, Any],
) -> None:
    assert is_stale(8, case["before"]["applied_sequence"])
    ours = OPEN | {DELIVERED: "0"}
    merged = merge(ours, ours, {DELIVERED: "1"})

    assert merged.apply == ((DELIVERED, "1"),)
    assert merge(ours, OPEN | {DELIVERED: "2"}, {DELIVERED: "1"}).apply == ()


@case("T02")
def test_needs_no_snapshots_in_between(case: dict[str, Any]) -> None:
    assert not is_stale(8, case["before"]["applied_sequence"])
    assert is_stale(6, 8)
    assert is_stale(7, 8)


@case("T05")
def test_takes_knowing_a_version_as_its_acknowledgement(case: dict[str, Any]) -> None:
    base = base_of(Snapshot({QUANTITY: "4"}, 6), [Push(7, {QUANTITY: "5"})], 7)

    merged = merge(base, {QUANTITY: "5"}, {QUANTITY: "7"})

    assert base == {QUANTITY: "5"}
    assert outcome_of(merged) == case["after"]["outcome"]
    assert merged.apply == ((QUANTITY, case["after"]["value"]),)


@case("T26")
def test_an_answer_moves_no_base(case: dict[str, Any]) -> None:
    before = {QUANTITY: "3", DATE: "2026-12-01"}
    base = base_of(Snapshot(before, 1), [Push(2, {DATE: "2026-12-05"})], 1)

    merged = merge(base, before | {DATE: "2026-12-05"}, before | {QUANTITY: "5"})

    assert case["after"]["sent_to"] == "nobody"
    assert (base, merged.apply) == (before, ((QUANTITY, "5"),))
    assert (merged.conflicts, merged.tell_origin) == ((), ())


@case("T27")
def test_pushes_only_what_is_left_after_a_refusal(case: dict[str, Any]) -> None:
    before = {QUANTITY: "3", DATE: "2026-12-01"}
    ours = {QUANTITY: "5", DATE: "2026-12-05"}

    merged = merge(before, ours, before | {QUANTITY: "6"})

    anew = named(outgoing(ours, merged.held, merged.conflicts), merged.held)
    assert case["before"]["answer"] == 409
    assert merged.conflicts == (CONFLICT,)
    assert anew == {DATE: "2026-12-05"}


@case("T06")
def test_the_base_is_what_they_knew_when_they_wrote(case: dict[str, Any]) -> None:
    last = Snapshot({QUANTITY: case["before"]["base"]}, 6)
    pushes = [Push(8, {QUANTITY: "6"}), Push(7, {QUANTITY: "5"})]

    bases = {knows: base_of(last, pushes, knows)[QUANTITY] for knows in (6, 7, 8)}

    after = case["after"]
    assert bases == {
        6: after["base for one that knows 6"],
        7: after["base for a message that knows 7"],
        8: "6",
    }


@case("T07")
def test_our_own_push_coming_back_closes_no_conflict(case: dict[str, Any]) -> None:
    ours, pushes, last = {QUANTITY: "5"}, [Push(7, {QUANTITY: "5"})], Snapshot({QUANTITY: "4"}, 6)

    first = merge(base_of(last, pushes, 6), ours, {QUANTITY: "6"})
    base = base_of(Snapshot(first.held, 6), pushes, 7)
    second = merge(base, ours, ours, answers=ours, open_conflicts=first.conflicts)
    third = merge(second.held, ours, ours, open_conflicts=second.conflicts)

    after = case["after"]
    conflict = Conflict(QUANTITY, after["base"], after["ours"], after["theirs"])
    assert first.conflicts == second.conflicts == third.conflicts == (conflict,)
    assert (second.agreed, second.is_echo) == ((), True)


@case("T08")
def test_brings_a_conflict_up_to_date(case: dict[str, Any]) -> None:
    before, after = (Conflict(QUANTITY, **case[it]["conflict"]) for it in ("before", "after"))

    merged = merge({QUANTITY: "6"}, {QUANTITY: "5"}, {QUANTITY: "8"}, open_conflicts=[before])

    assert merged.conflicts == (after,)
    assert len(merged.conflicts) == case["after"]["open"]


@case("T09")
def test_sends_a_field_in_conflict_as_they_hold_it(case: dict[str, Any]) -> None:
    ours = {QUANTITY: "5", DATE: "2026-12-05"}
    held = {QUANTITY: "6", DATE: "2026-12-01"}

    sent = outgoing(ours, held, [CONFLICT])

    assert sent == {QUANTITY: case["after"]["sent"]["quantity"], DATE: "2026-12-05"}
    assert named(sent, held) == {DATE: "2026-12-05"}


@case("T10", "T11", "T12")
def test_decides_a_conflict(case: dict[str, Any]) -> None:
    conflict = Conflict(QUANTITY, **case["before"]["conflict"])
    choice = {"T10": Choice.THEIRS, "T11": Choice.OURS, "T12": Choice.OTHER}[case["id"]]

    decision = decide(conflict, choice, {QUANTITY: "6"}, other="4")

    tells_them = case["after"]["sent_to"] != "other connections"
    assert decision == Decision(case["after"]["value"], tell_origin=tells_them)


def test_sends_back_even_their_own_value_if_our_push_overwrote_it_there() -> None:
    assert decide(CONFLICT, Choice.THEIRS, {QUANTITY: "5"}) == Decision("6", tell_origin=True)


def test_a_push_never_names_what_is_theirs() -> None:
    ours = {DATE: "2026-12-05", "head.freight": "4.90", DELIVERED: "2", "head.unknown": "x"}
    made_there = with_origin(POLICIES, made_here=False)

    assert named(ours, {}).keys() == {DATE, "head.freight"}
    assert named(ours, {}, made_there).keys() == {DATE}


def test_stops_a_loop_after_three_round_trips() -> None:
    """They change a field of ours again and again."""
    ours, trips = {"head.custom.promo": "SPRING"}, 0
    for _ in range(3):
        merged = merge(ours, ours, {"head.custom.promo": "SUMMER"})
        trips = round_trips(trips, merged, edited=False)
    quiet = merge(ours, ours, ours)

    assert (trips, is_loop(trips)) == (3, False)
    assert is_loop(round_trips(trips, merged, edited=False))
    assert round_trips(trips, quiet, edited=False) == 3
    assert round_trips(trips, merged, edited=True) == 1
    assert round_trips(trips, quiet, edited=True) == 0
    assert round_trips(trips + 1, quiet, edited=False) == 0


def test_runs_every_case_that_is_not_left_to_services() -> None:
    assert tested == {case["id"] for case in CASES}
    assert len(CASES) == 50

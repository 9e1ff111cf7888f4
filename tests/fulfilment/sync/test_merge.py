from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import NotEditable
from fulfilment.sync.arrivals import is_stale
from fulfilment.sync.merge import Conflict, ConflictKind, Merge, Push, Snapshot, base_of, merge
from fulfilment.sync.policies import (
    POLICIES,
    Kind,
    Owner,
    is_in_conflict,
    is_removal,
    policy_of,
    with_origin,
    with_owner,
)

QUANTITY, PRICE = "line.7.quantity", "line.7.price"
VALUES: dict[Kind, list[Any]] = {
    Kind.TEXT: ["", "PO-77", "PO-78", "Bar"],
    Kind.CODE: ["EUR", "USD", "30D"],
    Kind.COUNTRY: ["DE", "FR"],
    Kind.ADDRESS: [{"city": "Lyon"}, {"city": "Nantes"}, {"city": "Lyon", "country": "FR"}],
    Kind.FLAG: [True, False],
    Kind.DATE: ["2026-12-01", "2026-12-03", None],
    Kind.INSTANT: ["2026-12-01T10:00:00Z", None],
    Kind.QUANTITY: ["0", "3", "5", "6"],
    Kind.PROGRESS: ["0", "2", "3"],
    Kind.MONEY: ["0.00", "10.00", "19.99"],
    Kind.PRICE: [{"amount": "3.99", "per": "100"}, {"amount": "20", "per": "1"}],
    Kind.RATE: ["0.19", "0.055"],
    Kind.LINE_ORDER: [["7", "8"], ["8", "7"], ["8"]],
}
PATHS = [
    policy.path.replace("line.*", f"line.{line}").replace("*", "city")
    for policy in POLICIES
    for line in ("7", "8")
]
FIELDS: dict[str, list[Any]] = {
    path: VALUES[policy.kind] for path in PATHS if (policy := policy_of(path)) is not None
}
SNAPSHOTS = st.fixed_dictionaries(
    {}, optional={path: st.sampled_from(values) for path, values in FIELDS.items()}
)
WHOLE = st.fixed_dictionaries({path: st.sampled_from(v) for path, v in FIELDS.items()})
SHARED = [policy.path for policy in POLICIES if policy.owner is Owner.SHARED]


def after(ours: dict[str, Any], merged: Merge) -> dict[str, Any]:
    """Return our values once a merge is applied."""
    return ours | dict(merged.apply)


def by_path(conflicts: Iterable[Conflict]) -> dict[str, Conflict]:
    """Name conflicts by their fields."""
    return {conflict.path: conflict for conflict in conflicts}


@pytest.mark.parametrize(
    ("price", "other"),
    [
        ({"amount": "3.99", "per": "100"}, {"amount": "0.0399", "per": "1"}),
        ({"amount": "6", "per": "3"}, {"amount": "2", "per": "1"}),
    ],
)
def test_compares_prices_by_what_one_unit_costs(
    price: dict[str, str], other: dict[str, str]
) -> None:
    assert merge({PRICE: price}, {PRICE: price}, {PRICE: other}).is_echo
    assert merge({PRICE: price}, {PRICE: price}, {PRICE: other | {"amount": "7"}}).apply


def test_a_line_more_is_no_other_order_of_lines() -> None:
    ours = {"head.line_order": ["7", "8"]}

    assert merge(ours, ours, {"head.line_order": ["7", "T9", "8"]}).is_echo
    assert merge(ours, ours, {"head.line_order": ["8", "7"]}).tell_origin == (
        ("head.line_order", ["7", "8"]),
    )


@pytest.mark.parametrize("made_here", [True, False])
def test_a_field_of_the_origin_belongs_to_the_side_that_made_the_order(made_here: bool) -> None:
    ours, theirs = {"head.freight": "4.90"}, {"head.freight": "5.90"}

    merged = merge(ours, ours, theirs, made_here=made_here)

    assert merged.apply == (() if made_here else (("head.freight", "5.90"),))
    assert merged.tell_origin == ((("head.freight", "4.90"),) if made_here else ())


@pytest.mark.parametrize("path", ["head.currency", "line.7.product", "line.7.unit"])
@pytest.mark.parametrize("made_here", [True, False])
def test_what_is_fixed_is_never_changed(path: str, made_here: bool) -> None:
    merged = merge({path: "EUR"}, {path: "EUR"}, {path: "USD"}, made_here=made_here)

    assert (merged.apply, merged.conflicts) == ((), (Conflict(path, "EUR", "EUR", "USD"),))


def test_a_push_that_comes_back_different_was_changed_on_arrival() -> None:
    long, cut = {"head.name": "Bar refit in Lyon"}, {"head.name": "Bar refit"}

    merged = merge(long, long, cut, answers=long)
    later = merge(merged.held, long, cut)

    assert merged.changed_on_arrival == (
        Conflict("head.name", "Bar refit in Lyon", "Bar refit in Lyon", "Bar refit"),
    )
    assert (merged.apply, merged.conflicts, merged.tell_origin) == ((), (), ())
    assert (merged.is_echo, later.is_echo) == (False, True)


def test_what_their_user_edited_meanwhile_is_not_changed_on_arrival() -> None:
    ours = {QUANTITY: "5", "line.7.discount": "1.00"}

    merged = merge(ours, ours, ours | {"line.7.discount": "2.00"}, answers={QUANTITY: "5"})

    assert (merged.apply, merged.changed_on_arrival) == ((("line.7.discount", "2.00"),), ())


def test_a_push_that_they_knew_before_is_in_their_snapshot_already() -> None:
    """Their user changed it since."""
    last, pushes = Snapshot({QUANTITY: "6"}, 7), [Push(7, {QUANTITY: "5"})]

    assert base_of(last, pushes, 8) == {QUANTITY: "6"}


def test_tells_them_what_only_ours_has_where_no_agreement_is_known() -> None:
    ours = {"line.7.requested_on": "2026-12-01"}

    merged = merge({}, ours, {"line.7.requested_on": None})

    assert (merged.tell_origin, merged.apply) == (tuple(ours.items()), ())


@pytest.mark.parametrize(("delivered", "invoiced"), [("2", "3"), ("3", "2")])
def test_takes_no_fewer_than_are_delivered_or_invoiced(delivered: str, invoiced: str) -> None:
    ours = {QUANTITY: "5", "line.7.delivered": delivered, "line.7.invoiced": invoiced}

    merged = merge(ours, ours, ours | {QUANTITY: "2"})

    assert merged.conflicts == (Conflict(QUANTITY, "5", "5", "2", ConflictKind.QUANTITY),)
    assert merge(ours, ours, ours | {QUANTITY: "3"}).apply == ((QUANTITY, "3"),)


def test_asks_before_it_reopens_an_order() -> None:
    ours = {"head.is_cancelled": True}

    merged = merge(ours, ours, {"head.is_cancelled": False})

    assert merged.conflicts == (
        Conflict("head.is_cancelled", True, True, False, ConflictKind.STATUS),
    )


def test_an_edit_there_of_a_line_that_was_cancelled_here_is_asked() -> None:
    before = {QUANTITY: "3", PRICE: {"amount": "20", "per": "1"}, "line.8.quantity": "1"}
    theirs = before | {PRICE: {"amount": "21", "per": "1"}, "line.8.quantity": "2"}

    merged = merge(before, before | {QUANTITY: "0"}, theirs)

    assert merged.apply == (("line.8.quantity", "2"),)
    assert by_path(merged.conflicts).keys() == {PRICE, QUANTITY}


def test_a_line_that_was_cancelled_there_is_asked_where_it_was_edited_here() -> None:
    before = {QUANTITY: "3", "line.7.requested_on": "2026-12-01"}
    ours = before | {"line.7.requested_on": "2026-12-03"}

    merged = merge(before, ours, before | {QUANTITY: "0"})

    assert merged.apply == ()
    assert merged.conflicts == (Conflict(QUANTITY, "3", "3", "0", ConflictKind.FIELD),)


@pytest.mark.parametrize(("sequence", "expected"), [(7, True), (8, False), (9, False)])
def test_only_a_snapshot_from_before_the_one_applied_is_stale(
    sequence: int, expected: bool
) -> None:
    assert is_stale(sequence, 8) is expected


def test_a_note_of_ours_does_not_keep_them_from_cancelling() -> None:
    before = {"head.is_cancelled": False, "head.notes": ""}

    merged = merge(before, before | {"head.notes": "Call"}, {"head.is_cancelled": True})

    assert merged.apply == (("head.is_cancelled", True),)


@pytest.mark.parametrize(("ours", "agreed"), [("5", ()), ("6", (QUANTITY,))])
def test_a_conflict_ends_once_both_hold_the_same(ours: str, agreed: tuple[str, ...]) -> None:
    conflict = Conflict(QUANTITY, "3", "5", "6")

    merged = merge({QUANTITY: "6"}, {QUANTITY: ours}, {}, open_conflicts=[conflict])

    assert merged.agreed == agreed
    assert merged.conflicts == (() if agreed else (conflict,))


def test_their_user_may_come_round_to_our_value() -> None:
    conflict = Conflict(QUANTITY, "3", "5", "6")

    merged = merge({QUANTITY: "6"}, {QUANTITY: "5"}, {QUANTITY: "5"}, open_conflicts=[conflict])

    assert (merged.agreed, merged.conflicts) == ((QUANTITY,), ())


@pytest.mark.parametrize("path", SHARED)
def test_a_shared_field_can_be_given_to_one_side_and_back(path: str) -> None:
    ours = with_owner(POLICIES, path, Owner.OURS)
    theirs = with_owner(ours, path, Owner.THEIRS)

    owners = [policy_of(path.replace("*", "7"), policies) for policies in (ours, theirs)]

    assert [policy.owner for policy in owners if policy] == [Owner.OURS, Owner.THEIRS]
    assert with_owner(theirs, path, Owner.SHARED) == POLICIES


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("head.freight", Owner.OURS),
        ("line.*.charge", Owner.OURS),
        ("head.custom.*", Owner.THEIRS),
        ("head.no_such", Owner.OURS),
        ("line.*.price", Owner.ORIGIN),
    ],
)
def test_no_other_field_can(path: str, owner: Owner) -> None:
    with pytest.raises(NotEditable) as refusal:
        with_owner(POLICIES, path, owner)

    assert path in str(refusal.value)


def test_merges_by_the_owner_that_was_chosen() -> None:
    base, ours, theirs = ({QUANTITY: quantity} for quantity in ("3", "5", "6"))

    taken = merge(base, ours, theirs, with_owner(POLICIES, "line.*.quantity", Owner.THEIRS))
    kept = merge(base, ours, theirs, with_owner(POLICIES, "line.*.quantity", Owner.OURS))

    assert (taken.apply, taken.conflicts) == (((QUANTITY, "6"),), ())
    assert (kept.tell_origin, kept.conflicts) == (((QUANTITY, "5"),), ())


@given(WHOLE, st.booleans())
def test_an_echo_changes_nothing(values: dict[str, Any], made_here: bool) -> None:
    merged = merge(values, values, values, made_here=made_here)

    assert merged == Merge((), (), (), (), (), values, is_echo=True)


@given(WHOLE, WHOLE, SNAPSHOTS, st.booleans())
def test_the_same_snapshot_again_changes_nothing(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], made_here: bool
) -> None:
    first = merge(base, ours, theirs, made_here=made_here)
    applied = after(ours, first)

    second = merge(first.held, applied, theirs, made_here=made_here, open_conflicts=first.conflicts)

    assert (second.apply, second.agreed, second.changed_on_arrival) == ((), (), ())
    assert second.conflicts == first.conflicts


@given(WHOLE, WHOLE, SNAPSHOTS, st.booleans())
def test_no_edit_of_a_shared_field_is_lost(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], made_here: bool
) -> None:
    merged = merge(base, ours, theirs, made_here=made_here)

    result = after(ours, merged)
    asked = {conflict.path: (conflict.ours, conflict.theirs) for conflict in merged.conflicts}
    cancelled = {path.rpartition(".")[0] for path, value in merged.apply if value == "0"}
    for path, value in theirs.items():
        policy = policy_of(path)
        if policy is None or policy.owner is not Owner.SHARED:
            continue
        if path.rpartition(".")[0] in cancelled and path.endswith(".discount"):
            continue
        removals = ("head.is_cancelled", f"{path.rpartition('.')[0]}.quantity")
        if any(
            is_removal(each, ours.get(each)) and is_removal(each, theirs.get(each, base.get(each)))
            for each in removals
        ):
            continue
        if path not in asked and is_in_conflict(path, asked):
            assert result[path] == ours[path]
            continue
        kept = asked.get(path, (result[path],))
        assert ours[path] in kept or ours[path] == base[path]
        assert value in kept or value == base[path]


MIRROR = tuple(policy for policy in POLICIES if policy.owner is Owner.SHARED)
PLAIN = {
    path: values
    for path, values in FIELDS.items()
    if policy_of(path) in MIRROR and path != "head.is_cancelled"
}
"""Shared fields; whether an order is cancelled is merged with what happens to its lines."""


@st.composite
def sides(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a base and two sides without cancelled lines."""
    values = {path: [v for v in known if v != "0"] for path, known in PLAIN.items()}
    whole = st.fixed_dictionaries({path: st.sampled_from(known) for path, known in values.items()})
    return [draw(whole) for _ in range(3)]


@given(sides())
def test_both_sides_come_to_the_same_conflicts_and_values(drawn: list[dict[str, Any]]) -> None:
    base, ours, theirs = drawn

    here, there = merge(base, ours, theirs, MIRROR), merge(base, theirs, ours, MIRROR)

    assert by_path(here.conflicts) == by_path(
        replace(conflict, ours=conflict.theirs, theirs=conflict.ours)
        for conflict in there.conflicts
    )
    conflicting = {conflict.path for conflict in here.conflicts}
    ends = [after(ours, here), after(theirs, there)]
    first, second = ({p: v for p, v in end.items() if p not in conflicting} for end in ends)
    assert merge(first, first, second, MIRROR).is_echo


@given(WHOLE, WHOLE, SNAPSHOTS, st.booleans())
def test_what_is_theirs_is_always_taken_and_what_is_ours_never(
    base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any], made_here: bool
) -> None:
    merged = merge(base, ours, theirs, made_here=made_here)

    policies = with_origin(POLICIES, made_here)
    owners = {path: policy.owner for path in theirs if (policy := policy_of(path, policies))}
    assert not [path for path, _value in merged.apply if owners.get(path) is Owner.OURS]
    assert not [path for path, _value in merged.tell_origin if owners[path] is Owner.THEIRS]

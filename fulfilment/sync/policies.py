"""Field policies of an order that two systems edit: who owns each field, and what its value is."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from common.errors import NotEditable
from common.sentences import sentence as _

CANCELLED = "head.is_cancelled"


class Owner(StrEnum):
    """Whose value counts: ours, theirs, the last edit of either, or that of the order's origin."""

    OURS = "ours"
    THEIRS = "theirs"
    SHARED = "shared"
    ORIGIN = "origin"


class Kind(StrEnum):
    """What a value is, which says how it is written and compared."""

    TEXT = "text"
    CODE = "code"
    COUNTRY = "country"
    ADDRESS = "address"
    FLAG = "flag"
    DATE = "date"
    INSTANT = "instant"
    QUANTITY = "quantity"
    PROGRESS = "progress"
    MONEY = "money"
    PRICE = "price"
    RATE = "rate"
    LINE_ORDER = "line_order"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who owns a field; ``*`` in its path is the id of a line or any name.

    A fixed one is never changed by a merge.
    """

    path: str
    owner: Owner
    kind: Kind
    is_fixed: bool = False


POLICIES: tuple[Policy, ...] = (
    Policy("head.currency", Owner.ORIGIN, Kind.CODE, is_fixed=True),
    Policy("head.prices_include_tax", Owner.ORIGIN, Kind.FLAG, is_fixed=True),
    Policy("head.placed_at", Owner.ORIGIN, Kind.INSTANT),
    Policy("head.name", Owner.ORIGIN, Kind.TEXT),
    Policy("head.header_discount", Owner.ORIGIN, Kind.MONEY),
    Policy("head.freight", Owner.ORIGIN, Kind.MONEY),
    Policy("head.line_order", Owner.ORIGIN, Kind.LINE_ORDER),
    Policy("head.is_cancelled", Owner.SHARED, Kind.FLAG),
    Policy("head.is_on_hold", Owner.SHARED, Kind.FLAG),
    Policy("head.ship_to", Owner.SHARED, Kind.ADDRESS),
    Policy("head.requested_on", Owner.SHARED, Kind.DATE),
    Policy("head.customer_reference", Owner.SHARED, Kind.TEXT),
    Policy("head.payment_terms", Owner.SHARED, Kind.CODE),
    Policy("head.bill_to.country", Owner.THEIRS, Kind.COUNTRY),
    Policy("head.bill_to.*", Owner.THEIRS, Kind.TEXT),
    Policy("head.confirmed_on", Owner.THEIRS, Kind.DATE),
    Policy("head.processing_status", Owner.THEIRS, Kind.TEXT),
    Policy("head.of_record.*", Owner.THEIRS, Kind.MONEY),
    Policy("head.custom.*", Owner.OURS, Kind.TEXT),
    Policy("head.notes", Owner.OURS, Kind.TEXT),
    Policy("head.owner", Owner.OURS, Kind.TEXT),
    Policy("head.opportunity", Owner.OURS, Kind.TEXT),
    Policy("line.*.product", Owner.ORIGIN, Kind.TEXT, is_fixed=True),
    Policy("line.*.unit", Owner.ORIGIN, Kind.TEXT, is_fixed=True),
    Policy("line.*.description", Owner.ORIGIN, Kind.TEXT),
    Policy("line.*.tax_rate", Owner.ORIGIN, Kind.RATE),
    Policy("line.*.quantity", Owner.SHARED, Kind.QUANTITY),
    Policy("line.*.price", Owner.SHARED, Kind.PRICE),
    Policy("line.*.discount", Owner.SHARED, Kind.MONEY),
    Policy("line.*.requested_on", Owner.SHARED, Kind.DATE),
    Policy("line.*.charge", Owner.THEIRS, Kind.MONEY),
    Policy("line.*.confirmed_on", Owner.THEIRS, Kind.DATE),
    Policy("line.*.status", Owner.THEIRS, Kind.TEXT),
    Policy("line.*.delivered", Owner.THEIRS, Kind.PROGRESS),
    Policy("line.*.invoiced", Owner.THEIRS, Kind.PROGRESS),
)
"""Every field that crosses the border; a path without a policy is kept as received."""


@lru_cache
def _by_path(policies: tuple[Policy, ...]) -> dict[str, Policy]:
    return {policy.path: policy for policy in policies}


_DEFAULT = _by_path(POLICIES)


def policy_of(path: str, policies: tuple[Policy, ...] = POLICIES) -> Policy | None:
    """Find the policy of a field, None for one that is not merged.

    >>> policy_of("line.7.price").owner, policy_of("head.bill_to.city").owner
    (<Owner.SHARED: 'shared'>, <Owner.THEIRS: 'theirs'>)
    """
    known = _DEFAULT if policies is POLICIES else _by_path(policies)  # whose hash takes long
    if path.startswith("line."):
        return known.get(f"line.*.{path.rpartition('.')[2]}")
    group, _dot, name = path.removeprefix("head.").partition(".")
    return known.get(path) or (known.get(f"head.{group}.*") if name else None)


def subject_of(path: str) -> str:
    """Return the line that a field is of, or ``head``.

    >>> subject_of("line.7.price"), subject_of("head.bill_to.city")
    ('line.7', 'head')
    """
    return path.rpartition(".")[0] if path.startswith("line.") else "head"


def with_owner(policies: tuple[Policy, ...], path: str, owner: Owner) -> tuple[Policy, ...]:
    """Give a shared field to one side, or share it again.

    Raises NotEditable for a field that is not shared by default, or an owner that is the origin.
    """
    default = _by_path(POLICIES).get(path)
    if default is None or default.owner is not Owner.SHARED or owner is Owner.ORIGIN:
        raise NotEditable(
            _("Only a shared field can be given to one side, not “%(path)s”.", path=path)
        )
    return tuple(
        replace(policy, owner=owner) if policy.path == path else policy for policy in policies
    )


@lru_cache
def with_origin(policies: tuple[Policy, ...], made_here: bool) -> tuple[Policy, ...]:
    """Replace the origin of an order by the side that it is."""
    origin = Owner.OURS if made_here else Owner.THEIRS
    return tuple(
        replace(policy, owner=origin) if policy.owner is Owner.ORIGIN else policy
        for policy in policies
    )


def is_same(kind: Kind, first: Any, second: Any) -> bool:
    """Compare two canonical values: prices by what one unit costs, orders by their common lines."""
    if first is None or second is None:
        return first is second
    if kind is Kind.PRICE:
        return bool(_cost(first, second) == _cost(second, first))
    if kind is Kind.MONEY:
        return Decimal(first) == Decimal(second)
    if kind is Kind.LINE_ORDER:
        return [line for line in first if line in second] == [
            line for line in second if line in first
        ]
    return bool(first == second)


def _cost(price: Mapping[str, str], other: Mapping[str, str]) -> Decimal:
    return Decimal(price["amount"]) * Decimal(other["per"])


def is_removal(path: str, value: Any) -> bool:
    """Return whether a value cancels a line, by its quantity, or the order."""
    return (path == CANCELLED and value is True) or (is_quantity(path) and value == "0")


def is_quantity(path: str) -> bool:
    """Return whether a field is the quantity of a line."""
    return path.startswith("line.") and path.endswith(".quantity")


DECIDED_WITH: Mapping[str, frozenset[str]] = {
    "product": frozenset({"description"}),
    "unit": frozenset(
        {"quantity", "price", "discount", "charge", "status", "delivered", "invoiced"}
    ),
}
"""The fields of a line that mean nothing until another one of it is decided."""


def is_in_conflict(path: str, conflicting: Collection[str]) -> bool:
    """Return whether a field is in conflict, or means nothing until one that is is decided.

    >>> is_in_conflict("line.7.price", {"line.7.unit"}), is_in_conflict("line.7.price", set())
    (True, False)
    """
    if path in conflicting or not path.startswith("line."):
        return path in conflicting
    line, _dot, name = path.rpartition(".")
    return any(
        name in fields and f"{line}.{decisive}" in conflicting
        for decisive, fields in DECIDED_WITH.items()
    )


def decided_with(path: str) -> list[str]:
    """Return the fields of a line that mean nothing until this one is decided.

    >>> decided_with("line.7.product"), decided_with("head.name")
    (['line.7.description'], [])
    """
    line, _dot, name = path.rpartition(".")
    return [f"{line}.{each}" for each in sorted(DECIDED_WITH.get(name, ()))] if line else []


def nothing_of(kind: Kind) -> Any:
    """Return the value of a field that nobody has set, and None where there is none such."""
    return _NOTHING.get(kind)


_NOTHING: Mapping[Kind, Any] = {
    Kind.TEXT: "",
    Kind.FLAG: False,
    Kind.MONEY: "0",
    Kind.PROGRESS: "0",
}

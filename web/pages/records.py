"""Base of the pages of records: head, chips, facts, actions and document flow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.safestring import SafeString

from common.errors import DomainError
from web.display import Actions, Chip, Fact, FlowStep, Link
from web.icons import draw_icon
from web.pages.activity import ActivityCard

RecordT = TypeVar("RecordT")


@dataclass(frozen=True, slots=True)
class ReachRow:
    """One way to reach somebody."""

    icon: SafeString
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage:
    """The page of one record; its template finds each field by its name."""

    crumb: Link
    """The list that the record is in."""
    heading: str
    subtitle: str | SafeString = ""
    chips: Sequence[Chip] = ()
    actions: Actions | None = None
    problem: str = ""
    """Why an action was refused."""
    locked: str = ""
    """Why the record is not edited, and the way on."""
    flow: Sequence[FlowStep] = ()
    facts: Sequence[Fact] = ()
    activity: ActivityCard | None = None
    reach: Sequence[ReachRow] = ()
    """How the person or company is reached."""


def refusal_of(check: Callable[[RecordT], object], record: RecordT) -> str:
    """Return the sentence with which a service refuses a record; empty where it does not."""
    try:
        check(record)
    except DomainError as error:
        return str(error)
    return ""


def reach(email: str, phone: Any) -> list[ReachRow]:
    """Return how somebody is reached: by e-mail, by phone, or neither."""
    rows = []
    if email:
        rows.append(ReachRow(draw_icon("mail", "icon-s"), email, f"mailto:{email}"))
    if phone:
        number = phone.as_international
        rows.append(ReachRow(draw_icon("phone", "icon-s"), number, f"tel:{phone}"))
    return rows

"""Duties of connections: the companies whose orders a supply-chain system ships, and bills."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable

from django.db import transaction

from common.errors import DomainError
from common.sentences import Sentence
from common.sentences import sentence as _
from fulfilment.models import Connection, InvalidConnection
from sales.models import Company, SalesEvent

SHIPPED_BY, BILLED_BY = "shipped_by", "billed_by"


class DutyTaken(DomainError):
    """Another system ships, or bills, the orders of the company already."""

    code = "duty_taken"


@transaction.atomic
def assign_duties(
    connection: Connection, *, ships: Collection[uuid.UUID], bills: Collection[uuid.UUID]
) -> None:
    """Have a system ship, and bill, the orders of these companies, and of no others.

    A company names one system for each, so two that are given it at once wait for each other.
    """
    companies = list(Company.objects.select_for_update(no_key=True).order_by("pk"))
    for column, chosen in ((SHIPPED_BY, ships), (BILLED_BY, bills)):
        _refuse(connection, companies, column, chosen)
        for company in companies:
            _assign(connection, company, column, is_chosen=company.pk in chosen)


def check_duty(connection: Connection, column: str, chosen: Collection[uuid.UUID]) -> None:
    """Refuse companies that a connection cannot ship, or bill, for; it may not be stored yet."""
    _refuse(connection, Company.objects.filter(pk__in=chosen), column, chosen)


def companies_of(connection: Connection, column: str) -> list[uuid.UUID]:
    """Return the companies whose orders the system of a connection ships, or bills."""
    if not connection.code:
        return []
    return list(Company.objects.filter(**{column: connection.code}).values_list("pk", flat=True))


def numbering_system(company_id: uuid.UUID) -> Connection | None:
    """Return the system that gives the invoices of a company their official number, if one does.

    One statement.
    """
    systems = Connection.objects.filter(
        reports_as__contains=[Connection.Duty.ERP],
        event_types__contains=[SalesEvent.Type.INVOICE_ISSUED],
    ).exclude(status=Connection.Status.DISABLED)
    return next((each for each in systems.order_by("name") if each.serves(company_id)), None)


def _refuse(
    connection: Connection,
    companies: Iterable[Company],
    column: str,
    chosen: Collection[uuid.UUID],
) -> None:
    if chosen and not connection.shares_orders:
        raise InvalidConnection(
            _(
                "%(connection)s is no supply-chain system: only one of those ships or bills "
                "instead of us.",
                connection=connection,
            )
        )
    for company in companies:
        if company.pk not in chosen:
            continue
        if not connection.serves(company.pk):
            raise InvalidConnection(
                _(
                    "%(connection)s does not serve %(company)s: choose it among its companies too.",
                    connection=connection,
                    company=company,
                )
            )
        taken_by = getattr(company, column)
        if taken_by not in {"", connection.code}:
            raise DutyTaken(_taken(column, company, taken_by))


def _taken(column: str, company: Company, system: str) -> Sentence:
    if column == SHIPPED_BY:
        return _(
            "“%(system)s” ships the orders of %(company)s: take that from it first.",
            system=system,
            company=company,
        )
    return _(
        "“%(system)s” bills the orders of %(company)s: take that from it first.",
        system=system,
        company=company,
    )


def _assign(connection: Connection, company: Company, column: str, *, is_chosen: bool) -> None:
    before = getattr(company, column)
    if is_chosen != (before == connection.code):
        setattr(company, column, connection.code if is_chosen else "")
        company.save(update_fields=[column])

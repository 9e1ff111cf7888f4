"""Disabled periods: what was not queued for a connection meanwhile."""

from __future__ import annotations

from fulfilment.models import Connection, DisabledPeriod, Handoff
from fulfilment.services.connections import disable_connection, resume_connection
from fulfilment.services.disabled_periods import Missed, missed_in
from tests.factories import CompanyFactory, Market
from tests.fulfilment.conftest import (
    FarEnd,
    submitted_order,
)


def test_says_what_was_not_queued_while_it_was_disabled(market: Market, warehouse: FarEnd) -> None:
    before = submitted_order(market)
    disable_connection(warehouse.connection)
    disable_connection(warehouse.connection)
    during = submitted_order(market)
    period = DisabledPeriod.objects.get()
    assert missed_in(period) == Missed(1, [str(during.number)])

    missed = resume_connection(warehouse.connection)

    assert missed == Missed(1, [str(during.number)])
    submitted_order(market)
    period.refresh_from_db()
    assert missed_in(period) == missed
    assert period.ended_at is not None
    assert Handoff.objects.filter(event__subject_id=before.pk).count() == 1
    assert not Handoff.objects.filter(event__subject_id=during.pk).exists()
    assert resume_connection(warehouse.connection) == Missed(0, ())


def test_does_not_count_documents_of_companies_that_it_does_not_serve(
    market: Market, warehouse: FarEnd
) -> None:
    Connection.objects.update(companies=[CompanyFactory.create().pk])
    disable_connection(warehouse.connection)
    submitted_order(market)

    assert missed_in(DisabledPeriod.objects.get()) == Missed(0, [])

    Connection.objects.update(companies=[market.company.pk])
    assert missed_in(DisabledPeriod.objects.get()).events == 1

"""Filling an empty database; a second run adds nothing."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from crm.models import Account
from demo.errors import Halted
from demo.sample_data import (
    catalogue,
    customers,
    open_sales,
    past_sales,
    people,
    pipeline,
    prices,
    scenes,
    taxes,
)
from demo.wiring import Addresses, connect
from sales.models import Company

ONE_AT_A_TIME = 0x7468726F
"""The advisory lock that two commands started at once take turns by."""


@transaction.atomic
def fill_basics(addresses: Addresses) -> None:
    """Add who works here, what is sold on which terms, and the two connections."""
    _refuse_foreign_data()
    _add_basics()
    connect(addresses)


@transaction.atomic
def fill_everything(addresses: Addresses) -> bool:
    """Add the basics, the customers and all that happened to them; False when it is there already.

    What lies in the past happened before the connections stood and never left the house; what
    happened today waits for the warehouse and the ERP.
    """
    _refuse_foreign_data()
    if Account.objects.filter(domain=customers.LAVOISIER.domain).exists():
        connect(addresses)
        return False
    day = _add_basics()
    customers.add_customers()
    told = [*pipeline.scenes(), *past_sales.scenes(), *open_sales.scenes()]
    scenes.play(told, day, before_today=lambda: connect(addresses))
    return True


def _refuse_foreign_data() -> None:
    """Keep people whose passwords are printed out of a database that somebody works with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    if Company.objects.exists() and not Company.objects.filter(name=people.COMPANY).exists():
        raise Halted(
            "This database holds another company's records: sample data goes into an empty one."
        )


def _add_basics() -> dt.date:
    people.add_people()
    day = Company.objects.get(name=people.COMPANY).today()
    taxes.add_taxes()
    taxes.add_exchange_rates(day)
    catalogue.add_catalogue()
    prices.add_prices(day)
    pipeline.add_stages()
    return day

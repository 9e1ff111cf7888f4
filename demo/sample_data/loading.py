"""Loading the sample data into an empty database; a second run adds nothing."""

from __future__ import annotations

import datetime as dt

from django.db import connection, transaction

from crm.models import Account
from demo.companies import COMPANY
from demo.connections import Addresses, register_connections
from demo.errors import DemoError
from demo.sample_data import (
    catalogue,
    customers,
    open_sales,
    past_sales,
    pipeline,
    prices,
    scenarios,
    taxes,
    users,
    wholesale,
)
from demo.sample_data.partners import add_partner
from sales.models import Company

ADVISORY_LOCK = 0x7468726F
"""Key of the lock that makes two commands started at once run one after the other."""


@transaction.atomic
def load_basics(addresses: Addresses) -> None:
    """Add companies, users, catalogue, prices, taxes, stages and the three connections."""
    _refuse_foreign_data()
    _add_basics()
    register_connections(addresses)


@transaction.atomic
def load_for_story(addresses: Addresses) -> None:
    """Add the basics, and what the story sells through the supply-chain system."""
    load_basics(addresses)
    wholesale.add_wholesale()


@transaction.atomic
def load_everything(addresses: Addresses) -> bool:
    """Add the basics, the customers and their history; False when they are there already.

    Whatever of the basics and of the wholesale company is missing, as in the sample data of an
    earlier version, is added all the same.
    Past events are created before the connections, so they are sent to nobody; today's are queued
    for the warehouse and the ERP.
    """
    _refuse_foreign_data()
    day = _add_basics()
    if Account.objects.filter(domain=customers.LAVOISIER.domain).exists():
        register_connections(addresses)
        wholesale.add_wholesale()
        add_partner()
        return False
    customers.add_customers()
    all_scenarios = [*pipeline.scenarios(), *past_sales.scenarios(), *open_sales.scenarios()]
    scenarios.run_scenarios(
        all_scenarios, day, before_today=lambda: register_connections(addresses)
    )
    wholesale.add_wholesale()
    add_partner()
    return True


def _refuse_foreign_data() -> None:
    """Refuse a database that is in use, since the passwords of the sample users are known."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    if Company.objects.exists() and not Company.objects.filter(name=COMPANY).exists():
        raise DemoError(
            "This database holds another company's records: sample data goes into an empty one."
        )


def _add_basics() -> dt.date:
    users.add_users()
    day = Company.objects.get(name=COMPANY).today()
    taxes.add_taxes()
    taxes.add_exchange_rates(day)
    catalogue.add_catalogue()
    prices.add_prices(day)
    pipeline.add_stages()
    return day

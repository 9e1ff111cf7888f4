"""The command migrate: triggers follow the code; outdated ones stop no migration."""

from __future__ import annotations

import re

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import ProgrammingError

from sales.models import Order
from sales.services.orders import cancel_order
from tests.database_assertions import history_of, migrate, rows, sql
from tests.factories import Market
from tests.sales.order_steps import placed

OUTDATED = """
CREATE OR REPLACE FUNCTION pg_temp.record_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.cancelled_because := 'Changed plans';
    RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE UPDATE ON sales_order
    FOR EACH ROW EXECUTE FUNCTION pg_temp.record_reason();
COMMENT ON TRIGGER {name} ON sales_order IS 'the version before';
"""
TRIGGERS = """
SELECT tgname, obj_description(oid) FROM pg_trigger
WHERE tgrelid = 'sales_order'::regclass AND NOT tgisinternal AND tgname LIKE 'pgtrigger%'
"""
NOT_DECLARED = "pgtrigger_order_gone_00000"


@pytest.fixture
def order(db: None) -> Order:
    """A cancelled order, as the version before 0009 left it, whose triggers name a lost column."""
    market = Market()
    order = placed(market)
    cancel_order(order.pk, actor=market.rep, reason="Changed plans")
    with pgtrigger.ignore():
        sql("UPDATE sales_order SET billing_status = 'to_invoice'")
        sql("UPDATE sales_orderhistory SET billing_status = 'to_invoice'")
    migrate("sales", "0008_order_ledger")
    return order


def test_drops_outdated_triggers_and_adds_what_it_updates_to_the_history(order: Order) -> None:
    declared = {
        (trigger.get_pgid(model), trigger.compile(model).hash)
        for model, trigger in pgtrigger.registered()
        if model._meta.label == Order._meta.label
    }
    replaced, _ = min(rows(TRIGGERS))
    sql(f"DROP TRIGGER {replaced} ON sales_order")
    for name in (replaced, NOT_DECLARED):
        sql(OUTDATED.format(name=name))
    before = history_of(order).count()

    call_command("migrate", verbosity=0)

    assert rows(TRIGGERS) == declared
    order.refresh_from_db()
    assert order.billing_status == Order.Billing.NOTHING
    assert history_of(order).count() == before + 1
    latest = history_of(order).latest("pgh_id")
    assert (latest.pgh_label, latest.billing_status) == ("update", "nothing")
    assert (latest.number, latest.status) == (order.number, "cancelled")


def test_says_that_triggers_are_missing_when_a_migration_fails(
    order: Order, capsys: pytest.CaptureFixture[str]
) -> None:
    sql(OUTDATED.format(name=NOT_DECLARED))
    sql("CREATE TABLE sales_customercreditentry ()")

    with pytest.raises(ProgrammingError, match="already exists"):
        call_command("migrate", verbosity=0)

    said = capsys.readouterr().err
    assert re.search(r"to the end: [1-9]\d* triggers of the version before are dropped", said)
    assert NOT_DECLARED not in dict(rows(TRIGGERS))

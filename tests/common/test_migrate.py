"""The command migrate: triggers follow the code; outdated ones stop no migration."""

from __future__ import annotations

import re

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import ProgrammingError

from fulfilment.services.returns import record_return
from fulfilment.services.shipments import record_shipment
from sales.models import Order, OrderLine
from sales.services.credit_notes import credit_invoice
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.database_assertions import history_of, migrate, rows, sql, tamper
from tests.factories import Market
from tests.sales.order_steps import placed

OUTDATED = """
CREATE OR REPLACE FUNCTION pg_temp.record_reason() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.lost_column := 'Changed plans';
    RETURN NEW;
END $$;
CREATE TRIGGER {name} BEFORE UPDATE ON sales_orderline
    FOR EACH ROW EXECUTE FUNCTION pg_temp.record_reason();
COMMENT ON TRIGGER {name} ON sales_orderline IS 'the version before';
"""
TRIGGERS = """
SELECT tgname, obj_description(oid) FROM pg_trigger
WHERE tgrelid = 'sales_orderline'::regclass AND NOT tgisinternal AND tgname LIKE 'pgtrigger%'
"""
NOT_DECLARED = "pgtrigger_orderline_gone_00000"


@pytest.fixture
def order(db: None) -> Order:
    """A returned and credited order, as the version before 0028 left it."""
    market = Market()
    order = placed(market)
    line = order.lines.get()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    invoice = invoice_order(order.pk, actor=market.rep, what="all")
    issue_invoice(invoice.pk, actor=market.rep)
    record_return(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken", bill_again=False)
    tamper("UPDATE sales_orderline SET closed_returned_quantity = 0")
    tamper("UPDATE sales_orderlinehistory SET closed_returned_quantity = 0")
    migrate("sales", "0027_closed_returns")
    return order


def test_drops_outdated_triggers_and_adds_what_it_updates_to_the_history(order: Order) -> None:
    declared = {
        (trigger.get_pgid(model), trigger.compile(model).hash)
        for model, trigger in pgtrigger.registered()
        if model._meta.label == OrderLine._meta.label
    }
    replaced, _ = min(rows(TRIGGERS))
    sql(f"DROP TRIGGER {replaced} ON sales_orderline")
    for name in (replaced, NOT_DECLARED):
        sql(OUTDATED.format(name=name))
    [(before,)] = rows("SELECT count(*) FROM sales_orderlinehistory")

    call_command("migrate", verbosity=0)

    assert rows(TRIGGERS) == declared
    line = order.lines.get()
    assert line.closed_returned_quantity == line.quantity
    assert history_of(line).count() == before + 1
    latest = history_of(line).latest("pgh_id")
    assert (latest.pgh_label, latest.closed_returned_quantity) == ("update", line.quantity)
    assert (latest.shipped_quantity, latest.description) == (line.quantity, line.description)


def test_says_that_triggers_are_missing_when_a_migration_fails(
    order: Order, capsys: pytest.CaptureFixture[str]
) -> None:
    sql(OUTDATED.format(name=NOT_DECLARED))
    sql("ALTER TABLE sales_orderline RENAME closed_unshipped_quantity TO lost")

    with pytest.raises(ProgrammingError, match="closed_unshipped_quantity"):
        call_command("migrate", verbosity=0)

    printed = capsys.readouterr().err
    assert re.search(r"to the end: [1-9]\d* triggers of the version before are dropped", printed)
    assert NOT_DECLARED not in dict(rows(TRIGGERS))

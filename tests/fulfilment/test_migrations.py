from __future__ import annotations

import pgtrigger
import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from fulfilment.models import Mapping, ReconcileRun
from fulfilment.services.shipments import record_shipment
from sales.models import Order
from sales.services.orders import hold_order, release_order
from tests.database_assertions import migrate, rows, run_data_steps, sql
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, connect, shipment_event, submitted_order
from tests.fulfilment.messages import receive_from, status_event


@pytest.mark.exhaustive
def test_keeps_the_values_of_renamed_columns(order: Order, market: Market) -> None:
    [line] = order.lines.all()
    record_shipment(order.pk, actor=market.rep, lines={line.pk: line.quantity})
    migrate("fulfilment", "0006_roles")
    with pgtrigger.ignore():  # triggers are of the code, and name the new columns
        sql("UPDATE fulfilment_handoff SET attempts = 4, is_taken = true")
        sql("UPDATE fulfilment_shipment SET told_sequence = 17")
        sql("UPDATE fulfilment_shipmenthistory SET told_sequence = 16")

    migrate("fulfilment", "0007_plain_names")

    assert rows("SELECT refusal_count, is_acknowledged FROM fulfilment_handoff") == {(4, True)}
    assert rows("SELECT report_sequence FROM fulfilment_shipment") == {(17,)}
    assert rows("SELECT report_sequence FROM fulfilment_shipmenthistory") == {(16,)}


@pytest.mark.exhaustive
def test_keeps_findings_and_what_was_validated(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "14"))
    run = ReconcileRun.objects.create(connection=warehouse.connection, purpose="nightly")
    run.findings.create(order=order, status="taken_in")
    validated = rows("SELECT validated_data::text FROM fulfilment_inboundmessage")
    migrate("fulfilment", "0037_mark_discrepancies_of_returns")
    assert rows("SELECT said::text FROM fulfilment_inboundmessage") == validated != {(None,)}

    migrate("fulfilment", "0038_plain_column_names")

    assert rows("SELECT validated_data::text FROM fulfilment_inboundmessage") == validated
    assert rows("SELECT status FROM fulfilment_reconcilefinding") == {("taken_in",)}


def test_marks_the_handoff_that_holds_up_a_blocked_lane(
    order: Order, market: Market, warehouse: FarEnd
) -> None:
    hold_order(order.pk, actor=market.rep, reason="Credit check")
    release_order(order.pk, actor=market.rep)
    other = submitted_order(market)
    with pgtrigger.ignore():
        sql("UPDATE fulfilment_handoff SET holds_lane = false")
    sql("UPDATE fulfilment_handoff SET state = 'needs_attention' WHERE position < 3")
    sql("UPDATE fulfilment_lane SET is_blocked = true WHERE root_id = %s", order.pk)

    run_data_steps("fulfilment", "0016_held_lanes")

    held = "SELECT position, root_id FROM fulfilment_handoff JOIN fulfilment_lane lane"
    assert rows(f"{held} ON lane.id = lane_id WHERE holds_lane") == {(2, order.pk)}
    assert other.pk != order.pk


def test_a_report_that_waited_before_goes_on_waiting(order: Order, warehouse: FarEnd) -> None:
    receive_from(warehouse, shipment_event(order, "WH-1", "shipped", "14"))
    sql("UPDATE fulfilment_discrepancy SET report_waits = false")

    run_data_steps("fulfilment", "0031_reports_that_wait")

    assert rows("SELECT report_waits FROM fulfilment_discrepancy") == {(True,)}


@pytest.mark.exhaustive
def test_names_the_private_networks_that_only_the_environment_allows_now(
    warehouse: FarEnd, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.OUTBOUND_NETWORKS = ["10.0.0.0/8"]
    migrate("fulfilment", "0016_held_lanes")
    assert rows("SELECT allowed_networks[1] FROM fulfilment_connection") == {("10.0.0.0/8",)}
    with pgtrigger.ignore():
        sql("UPDATE fulfilment_connection SET allowed_networks = '{10.0.0.0/8,192.168.0.0/16}'")

    migrate("fulfilment", "0017_settings_of_connections")

    assert capsys.readouterr().err == (
        "throughline: connections were allowed private networks, which only the environment does "
        "now; if they still need them, set OUTBOUND_NETWORKS=192.168.0.0/16\n"
    )


@pytest.mark.exhaustive
def test_lets_connections_go_on_reporting_what_they_did(
    order: Order, warehouse: FarEnd, erp: FarEnd, httpserver: HTTPServer
) -> None:
    archive = connect(httpserver, "archive", ["quote.accepted"])
    receive_from(warehouse, status_event(order))
    migrate("fulfilment", "0016_held_lanes")
    with pgtrigger.ignore():
        sql("UPDATE fulfilment_connection SET event_types = '{}' WHERE code = 'warehouse'")

    migrate("fulfilment", "0017_settings_of_connections")

    assert rows("SELECT code, array_to_string(reports_as, ',') FROM fulfilment_connection") == {
        ("warehouse", "warehouse"),
        ("erp", "erp"),
        (archive.connection.code, ""),
    }


@pytest.mark.exhaustive
def test_keeps_one_of_the_codes_that_differ_in_capitals_only(
    warehouse: FarEnd, market: Market
) -> None:
    migrate("fulfilment", "0028_roles")
    codes = (("EA", False), ("ea", True), ("Ea", False), ("PC", False))
    record = market.product("1.00").default_unit.pk
    for code, is_outward in codes:
        Mapping.objects.create(
            connection=warehouse.connection,
            kind=Mapping.Kind.UNIT,
            their_code=code,
            record_id=record,
            is_outward=is_outward,
        )

    migrate("fulfilment", "0029_codes_in_capitals")

    assert rows("SELECT their_code, is_outward FROM fulfilment_mapping") == {
        ("ea", True),
        ("PC", False),
    }

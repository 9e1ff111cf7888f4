"""Open sales: active quotes, orders for the warehouse, a new invoice."""

from __future__ import annotations

from decimal import Decimal

from crm.models import Activity
from crm.services.activities import note
from demo.sample_data import customers
from demo.sample_data.actions import (
    accept,
    draft_invoice_for,
    draft_order_for,
    draft_quote_for,
    in_days,
    issue,
    open_opportunity,
    send_quote,
    submit_new_order,
    take_back,
)
from demo.sample_data.pipeline import NEGOTIATION, PROPOSAL
from demo.sample_data.scenarios import TODAY, Scenario
from sales.services.orders import hold_order, submit_order


def scenarios() -> list[Scenario]:
    """List the scenarios of sales that are open.

    Today's orders and invoice are created after the connections, so they are sent to the
    warehouse and the ERP as soon as these run.
    """
    return [
        _bellevue_renovates(),
        _trois_hesitates(),
        _kiez_negotiates(),
        _foxglove_asks_again(),
        _lavoisier_reorders(),
        _torino_is_held(),
        _alpen_rents(),
        _mesa_collects(),
    ]


def _bellevue_renovates() -> Scenario:
    """A large draft with an opportunity, a follow-up for today, and one that is late."""
    yield 18
    name = "Lobby bar and breakfast room"
    lobby = open_opportunity(customers.BELLEVUE, name, PROPOSAL, "38500", closes_in=45)
    task = Activity.Kind.TASK
    text = "Ask Paul for the drawings of the breakfast room."
    note(lobby, text, actor=lobby.owner, kind=task, due_on=in_days(15))
    yield 3
    items = [
        ("EM-301", "2"), ("GR-75", "4", "5%"), ("BR-12", "3"), ("CP-E6", "96"), ("CP-C2", "96"),
        ("WT-10", "8"), ("SV-IN", "14"), ("SV-BT", "8", "120"), ("BD-OPEN", "2"),
    ]  # fmt: skip
    draft_quote_for(customers.BELLEVUE, name, items, opportunity=lobby, valid_days=33)
    text = "Go through the draft with Paul before it is sent."
    note(lobby, text, actor=lobby.owner, kind=task, due_on=in_days(3))


def _trois_hesitates() -> Scenario:
    """A quote that expires the day after tomorrow."""
    yield 12
    items = [("GR-F1", "1"), ("BR-12", "2", "40"), ("CP-GL", "72")]
    send_quote(customers.TROIS, "Filter bar for the tasting room", items, valid_days=14)


def _kiez_negotiates() -> Scenario:
    """An active quote whose opportunity is in the last stage."""
    yield 10
    name = "Fourth shop, Prenzlauer Allee"
    shop = open_opportunity(customers.KIEZ, name, NEGOTIATION, "17500", closes_in=21)
    items = [("EM-201", "1"), ("GR-75", "2"), ("GR-F1", "1"), ("BD-OPEN", "1"), ("CF-HS", "30")]
    send_quote(customers.KIEZ, name, items, opportunity=shop, valid_days=31, freight=Decimal(180))


def _foxglove_asks_again() -> Scenario:
    """An active quote in pounds and a draft order in dollars."""
    yield 5
    send_quote(customers.FOXGLOVE, "Spare parts for the year", [("PT-GS", "40"), ("PT-BR", "6")])
    yield 2
    draft_order_for(customers.HARBOR, "Second counter, cups", [("CP-E6", "96"), ("CP-GL", "48")])


def _lavoisier_reorders() -> Scenario:
    """A quote accepted today: its order is queued for the warehouse."""
    yield 4
    items = [("CF-HS", "40"), ("WT-10", "2"), ("CP-E6", "24")]
    offer = send_quote(customers.LAVOISIER, "Monthly coffee and filters", items, valid_days=20)
    yield TODAY
    accept(offer, "BL-0466")


def _torino_is_held() -> Scenario:
    """An order submitted today, its old grinder traded in, and held until the customer answers."""
    yield TODAY
    items = [("GR-75", "1"), ("PT-BR", "1")]
    sold = draft_order_for(customers.TORINO, "Replacement grinder", items, requested_in=6)
    take_back(sold, "Old grinder taken back", "120", like="GR-75")
    submit_order(sold.pk, actor=sold.owner)
    hold_order(sold.pk, actor=sold.owner, reason="Giulia checks the voltage on site first.")


def _alpen_rents() -> Scenario:
    """An order of a Swiss customer submitted today, in euros."""
    yield TODAY
    items = [("BR-12", "1"), ("CF-DC", "12.5"), ("CP-C2", "24")]
    submit_new_order(customers.ALPEN, "Breakfast room for the season", items, requested_in=12)


def _mesa_collects() -> Scenario:
    """An invoice without an order, issued today: queued for the ERP."""
    yield TODAY
    issue(draft_invoice_for(customers.MESA, "Menu workshop, Santa Fe", [("SV-BT", "6")]))

"""What lies on the desks today: offers that wait, orders for the warehouse, a new invoice."""

from __future__ import annotations

from crm.models import Activity
from crm.services.activities import note
from demo.sample_data import customers
from demo.sample_data.deeds import (
    accepted,
    free_invoice,
    in_days,
    issued,
    open_opportunity,
    order,
    quote,
    sent_quote,
    submitted,
)
from demo.sample_data.pipeline import NEGOTIATION, PROPOSAL
from demo.sample_data.scenes import TODAY, Scene
from sales.services.orders import hold_order


def scenes() -> list[Scene]:
    """List the sales that are open.

    The orders and the invoice of today are made after the connections stand, so they go to the
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


def _bellevue_renovates() -> Scene:
    """A large draft with an opportunity behind it, a follow-up for today, one late."""
    yield 18
    name = "Lobby bar and breakfast room"
    lobby = open_opportunity(customers.BELLEVUE, name, PROPOSAL, "38500", closes_in=45)
    task = Activity.Kind.TASK
    words = "Ask Paul for the drawings of the breakfast room."
    note(lobby, words, actor=lobby.owner, kind=task, due_on=in_days(15))
    yield 3
    items = [
        ("EM-301", "2"), ("GR-75", "4", "5%"), ("BR-12", "3"), ("CP-E6", "96"), ("CP-C2", "96"),
        ("WT-10", "8"), ("SV-IN", "14"), ("SV-BT", "8", "120"), ("BD-OPEN", "2"),
    ]  # fmt: skip
    quote(customers.BELLEVUE, name, items, opportunity=lobby, valid_days=33)
    words = "Go through the draft with Paul before it is sent."
    note(lobby, words, actor=lobby.owner, kind=task, due_on=in_days(3))


def _trois_hesitates() -> Scene:
    """An offer that runs out the day after tomorrow."""
    yield 12
    items = [("GR-F1", "1"), ("BR-12", "2", "40"), ("CP-GL", "72")]
    sent_quote(customers.TROIS, "Filter bar for the tasting room", items, valid_days=14)


def _kiez_negotiates() -> Scene:
    """An active offer in the last stage."""
    yield 10
    name = "Fourth shop, Prenzlauer Allee"
    shop = open_opportunity(customers.KIEZ, name, NEGOTIATION, "17500", closes_in=21)
    items = [("EM-201", "1"), ("GR-75", "2"), ("GR-F1", "1"), ("BD-OPEN", "1"), ("CF-HS", "30")]
    sent_quote(customers.KIEZ, name, items, opportunity=shop, valid_days=31, freight="180")


def _foxglove_asks_again() -> Scene:
    """An active offer in pounds and a draft order in dollars."""
    yield 5
    sent_quote(customers.FOXGLOVE, "Spare parts for the year", [("PT-GS", "40"), ("PT-BR", "6")])
    yield 2
    order(customers.HARBOR, "Second counter, cups", [("CP-E6", "96"), ("CP-GL", "48")])


def _lavoisier_reorders() -> Scene:
    """Accepted today: on its way to the warehouse."""
    yield 4
    items = [("CF-HS", "40"), ("WT-10", "2"), ("CP-E6", "24")]
    offer = sent_quote(customers.LAVOISIER, "Monthly coffee and filters", items, valid_days=20)
    yield TODAY
    accepted(offer, "BL-0466")


def _torino_is_held() -> Scene:
    """Submitted today and stopped until the customer has answered."""
    yield TODAY
    items = [("GR-75", "1"), ("PT-BR", "1")]
    sold = submitted(customers.TORINO, "Replacement grinder", items, requested_in=6)
    hold_order(sold.pk, actor=sold.owner, reason="Giulia checks the voltage on site first.")


def _alpen_rents() -> Scene:
    """Submitted today, in Swiss hands, priced in euros."""
    yield TODAY
    items = [("BR-12", "1"), ("CF-DC", "12.5"), ("CP-C2", "24")]
    submitted(customers.ALPEN, "Breakfast room for the season", items, requested_in=12)


def _mesa_collects() -> Scene:
    """An invoice without an order, issued today: on its way to the ERP."""
    yield TODAY
    issued(free_invoice(customers.MESA, "Menu workshop, Santa Fe", [("SV-BT", "6")]))

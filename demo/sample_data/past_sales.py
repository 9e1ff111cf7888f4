"""Sales that are over or under way: shipped, billed, paid, late, lost, cancelled."""

from __future__ import annotations

from crm.models import Activity
from crm.services.activities import note
from demo.personas import JONAS, PIETER
from demo.sample_data import customers
from demo.sample_data.deeds import (
    accepted,
    fill,
    free_invoice,
    in_days,
    issued,
    open_opportunity,
    paid,
    posted,
    sent_quote,
    ship,
    submitted,
)
from demo.sample_data.people import user
from demo.sample_data.pipeline import NEGOTIATION, PROPOSAL
from demo.sample_data.scenes import Scene
from sales.models import Invoice, Order, Quote
from sales.services.billing.order_invoices import invoice_order
from sales.services.opportunities import win_opportunity
from sales.services.orders import cancel_order
from sales.services.quotes import activate_quote, lose_quote, revise_quote


def scenes() -> list[Scene]:
    """List the sales of the last months."""
    return [
        _lavoisier_opens(),
        _trois_refits(),
        _kiez_grows(),
        _hafen_pays_late(),
        _foxglove_in_parts(),
        _harbor_from_maine(),
        _kissa_prepays(),
        _gracht_changes_its_mind(),
        _canal_says_no(),
        _canal_forgets_to_pay(),
        _torino_still_waits(),
        _bellevue_trains(),
    ]


def _lavoisier_opens() -> Scene:
    """From opportunity to payment, with a revision on the way."""
    yield 84
    name = "Second bar, rue Mercière"
    opening = open_opportunity(customers.LAVOISIER, name, NEGOTIATION, "12000", closes_in=25)
    yield 80
    items = [("EM-201", "1"), ("GR-75", "2"), ("BD-OPEN", "1"), ("SV-IN", "6")]
    first = sent_quote(customers.LAVOISIER, name, items, opportunity=opening)
    yield 77
    revision = revise_quote(first.pk, actor=first.owner)
    fill(revision, [("CP-C2", "48", "3%")], revision.owner)
    offer = activate_quote(revision.pk, actor=revision.owner)
    yield 73
    sold = accepted(offer, "BL-0419")
    win_opportunity(opening.pk, actor=sold.owner)
    yield 64
    ship(sold, status="delivered", tracking="JD014600912276")
    posted(_bill_of(sold), "RE-0311")
    yield 38
    paid(_bill_of(sold), "SEPA 7741-09")


def _trois_refits() -> Scene:
    """A roaster on wholesale prices, who pays early and keeps the 2 %."""
    yield 60
    items = [("EM-301", "1"), ("GR-75", "2"), ("GR-F1", "1"), ("CF-HS", "60")]
    offer = sent_quote(customers.TROIS, "Roastery bar refit", items)
    yield 55
    sold = accepted(offer, "TM-2208")
    yield 50
    ship(sold, status="delivered", carrier="DPD", tracking="0598 2200 4417")
    bill = _bill(sold, "RE-0327")
    yield 43
    paid(bill, "SEPA 8102-44")


def _kiez_grows() -> Scene:
    """Berlin orders every month; last month's invoice is half paid."""
    yield 46
    items = [("CF-HS", "150"), ("CP-E6", "144"), ("CP-C2", "144")]
    sold = submitted(customers.KIEZ, "Cups and beans for three shops", items, requested_in=9)
    yield 40
    ship(sold, status="delivered", tracking="JD014600957710")
    bill = posted(_bill_of(sold), "RE-0339")
    yield 12
    paid(bill, "SEPA 9127-02", amount="1500")


def _hafen_pays_late() -> Scene:
    """The Berlin company's customer, German tax, three weeks overdue."""
    yield 58
    items = [("EM-110", "1"), ("GR-64", "1"), ("TL-58", "2"), ("SV-IN", "4")]
    sold = submitted(customers.HAFEN, "Terrace bar", items, requested_in=6)
    yield 53
    ship(sold, status="delivered", carrier="UPS", tracking="1Z999AA10123456784")
    bill = _bill(sold, "RE-0333")
    yield 20
    words = f"Second reminder for {bill.number}: call Svenja, ask for a date."
    task = Activity.Kind.TASK
    note(bill.account, words, actor=user(JONAS), kind=task, due_on=in_days(18))


def _foxglove_in_parts() -> Scene:
    """London, in pounds: one parcel delivered, the grinders still open."""
    yield 30
    items = [("GR-75", "4"), ("BR-12", "3"), ("WT-10", "12", "5%")]
    offer = sent_quote(customers.FOXGLOVE, "Grinders for Shoreditch and Hackney", items)
    yield 24
    sold = accepted(offer, "FG-PO-1187")
    yield 13
    ship(sold, {"BR-12": "3", "WT-10": "12"}, status="delivered", tracking="JD014600988124")
    posted(_bill_of(sold), "RE-0362")
    yield 6
    ship(sold, {"GR-75": "2"}, tracking="JD014600991530")
    posted(_bill_of(sold), "RE-0370")


def _harbor_from_maine() -> Scene:
    """Portland, in dollars: delivered, the invoice is still a draft."""
    yield 35
    offer = sent_quote(
        customers.HARBOR, "Flagship counter", [("EM-301", "1"), ("GR-75", "2"), ("BR-SC", "4")]
    )
    yield 31
    sold = accepted(offer, "HP-2210")
    yield 11
    ship(sold, status="delivered", carrier="UPS", tracking="1Z999AA10456789012")
    yield 2
    invoice_order(sold.pk, actor=user(PIETER), what=Invoice.What.SHIPPED)


def _kissa_prepays() -> Scene:
    """Tokyo, in yen, paid before it ships."""
    yield 28
    items = [("GR-64", "1"), ("BR-KT", "2"), ("CP-GL", "48")]
    sold = submitted(customers.KISSA, "Counter of Shimokitazawa", items, requested_in=20)
    bill = posted(_bill_of(sold), "RE-0351")
    yield 25
    paid(bill, "TT 55012")
    yield 15
    ship(sold, tracking="JD014600976605")


def _gracht_changes_its_mind() -> Scene:
    """Ordered, and cancelled the next day."""
    yield 33
    sold = submitted(customers.GRACHT, "Filter station", [("BR-12", "2"), ("CP-GL", "96")])
    yield 32
    cancel_order(sold.pk, actor=sold.owner, reason="The old brewer could be repaired.")


def _canal_says_no() -> Scene:
    """One offer lost, one that ran out without an answer."""
    yield 52
    lost = sent_quote(customers.CANAL, "Two-group for the quay", [("EM-201", "1"), ("GR-64", "1")])
    yield 44
    reason = Quote.LostReason.COMPETITOR
    words = "Bought a used machine from a neighbour."
    lose_quote(lost.pk, actor=lost.owner, reason=reason, comment=words)
    yield 41
    sent_quote(
        customers.CANAL, "Grinder and water treatment", [("GR-64", "1"), ("WT-10", "4")],
        valid_days=30,
    )  # fmt: skip


def _canal_forgets_to_pay() -> Scene:
    """The first instalment was due at once and is forgotten, the rest is due in four days."""
    yield 31
    items = [("TL-58", "2"), ("TL-KB", "1"), ("WT-CL", "12"), ("PT-GS", "6", "5%")]
    sold = submitted(customers.CANAL, "Tools and gaskets for the season", items)
    yield 26
    ship(sold, status="delivered", carrier="DPD", tracking="05982200 4739")
    _bill(sold, "RE-0355")


def _torino_still_waits() -> Scene:
    """An offer that runs out in four days, and the opportunity it belongs to."""
    yield 27
    name = "Vintage corner, one group"
    corner = open_opportunity(customers.TORINO, name, PROPOSAL, "4800", closes_in=35)
    yield 26
    items = [("EM-110", "1"), ("GR-64", "1"), ("SV-BT", "4", "10%")]
    sent_quote(customers.TORINO, name, items, opportunity=corner, valid_days=30)


def _bellevue_trains() -> Scene:
    """A training day billed without an order, paid."""
    yield 48
    bill = issued(free_invoice(customers.BELLEVUE, "Training day, spring team", [("SV-BT", "8")]))
    posted(bill, "RE-0341")
    yield 29
    paid(bill, "SEPA 8450-11")


def _bill(sold: Order, official_number: str) -> Invoice:
    """Invoice what was shipped, as the back office does where the terms leave it to them."""
    draft = invoice_order(sold.pk, actor=user(PIETER), what=Invoice.What.SHIPPED)
    return posted(issued(draft), official_number)


def _bill_of(sold: Order) -> Invoice:
    """Find the invoice that the payment terms made last."""
    return sold.invoices.latest("id")

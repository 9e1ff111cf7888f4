"""Past sales: shipped, invoiced, paid, overdue, lost, cancelled."""

from __future__ import annotations

from crm.models import Activity
from crm.services.activities import note
from demo.personas import JONAS, PIETER
from demo.sample_data import customers
from demo.sample_data.actions import (
    accept,
    add_lines,
    draft_invoice_for,
    in_days,
    issue,
    open_opportunity,
    pay,
    post,
    send_quote,
    ship,
    submit_new_order,
)
from demo.sample_data.pipeline import NEGOTIATION, PROPOSAL
from demo.sample_data.scenarios import Scenario
from demo.sample_data.users import user
from sales.models import Invoice, Order, Quote
from sales.services.opportunities import win_opportunity
from sales.services.order_invoices import invoice_order
from sales.services.orders import cancel_order
from sales.services.quotes import activate_quote, lose_quote, revise_quote


def scenarios() -> list[Scenario]:
    """List the scenarios of the last months."""
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


def _lavoisier_opens() -> Scenario:
    """From opportunity to payment, with a revised quote."""
    yield 84
    name = "Second bar, rue Mercière"
    opening = open_opportunity(customers.LAVOISIER, name, NEGOTIATION, "12000", closes_in=25)
    yield 80
    items = [("EM-201", "1"), ("GR-75", "2"), ("BD-OPEN", "1"), ("SV-IN", "6")]
    first = send_quote(customers.LAVOISIER, name, items, opportunity=opening)
    yield 77
    revision = revise_quote(first.pk, actor=first.owner)
    add_lines(revision, [("CP-C2", "48", "3%")], revision.owner)
    offer = activate_quote(revision.pk, actor=revision.owner)
    yield 73
    sold = accept(offer, "BL-0419")
    win_opportunity(opening.pk, actor=sold.owner)
    yield 64
    ship(sold, status="delivered", tracking="JD014600912276")
    post(_invoice_of(sold), "RE-0311")
    yield 38
    pay(_invoice_of(sold), "SEPA 7741-09")


def _trois_refits() -> Scenario:
    """A roaster on wholesale prices, who pays early with 2 % discount."""
    yield 60
    items = [("EM-301", "1"), ("GR-75", "2"), ("GR-F1", "1"), ("CF-HS", "60")]
    offer = send_quote(customers.TROIS, "Roastery bar refit", items)
    yield 55
    sold = accept(offer, "TM-2208")
    yield 50
    ship(sold, status="delivered", carrier="DPD", tracking="0598 2200 4417")
    invoice = _post_invoice(sold, "RE-0327")
    yield 43
    pay(invoice, "SEPA 8102-44")


def _kiez_grows() -> Scenario:
    """Berlin orders every month; last month's invoice is half paid."""
    yield 46
    items = [("CF-HS", "150"), ("CP-E6", "144"), ("CP-C2", "144")]
    sold = submit_new_order(customers.KIEZ, "Cups and beans for three shops", items, requested_in=9)
    yield 40
    ship(sold, status="delivered", tracking="JD014600957710")
    invoice = post(_invoice_of(sold), "RE-0339")
    yield 12
    pay(invoice, "SEPA 9127-02", amount="1500")


def _hafen_pays_late() -> Scenario:
    """The Berlin company's customer, German tax, three weeks overdue."""
    yield 58
    items = [("EM-110", "1"), ("GR-64", "1"), ("TL-58", "2"), ("SV-IN", "4")]
    sold = submit_new_order(customers.HAFEN, "Terrace bar", items, requested_in=6)
    yield 53
    ship(sold, status="delivered", carrier="UPS", tracking="1Z999AA10123456784")
    invoice = _post_invoice(sold, "RE-0333")
    yield 20
    text = f"Second reminder for {invoice.number}: call Svenja, ask for a date."
    task = Activity.Kind.TASK
    note(invoice.account, text, actor=user(JONAS), kind=task, due_on=in_days(18))


def _foxglove_in_parts() -> Scenario:
    """London, in pounds: one parcel delivered, the grinders still open."""
    yield 30
    items = [("GR-75", "4"), ("BR-12", "3"), ("WT-10", "12", "5%")]
    offer = send_quote(customers.FOXGLOVE, "Grinders for Shoreditch and Hackney", items)
    yield 24
    sold = accept(offer, "FG-PO-1187")
    yield 13
    ship(sold, {"BR-12": "3", "WT-10": "12"}, status="delivered", tracking="JD014600988124")
    post(_invoice_of(sold), "RE-0362")
    yield 6
    ship(sold, {"GR-75": "2"}, tracking="JD014600991530")
    post(_invoice_of(sold), "RE-0370")


def _harbor_from_maine() -> Scenario:
    """Portland, in dollars: delivered, the invoice is still a draft."""
    yield 35
    offer = send_quote(
        customers.HARBOR, "Flagship counter", [("EM-301", "1"), ("GR-75", "2"), ("BR-SC", "4")]
    )
    yield 31
    sold = accept(offer, "HP-2210")
    yield 11
    ship(sold, status="delivered", carrier="UPS", tracking="1Z999AA10456789012")
    yield 2
    invoice_order(sold.pk, actor=user(PIETER), what=Invoice.What.SHIPPED)


def _kissa_prepays() -> Scenario:
    """Tokyo, in yen, paid before it ships."""
    yield 28
    items = [("GR-64", "1"), ("BR-KT", "2"), ("CP-GL", "48")]
    sold = submit_new_order(customers.KISSA, "Counter of Shimokitazawa", items, requested_in=20)
    invoice = post(_invoice_of(sold), "RE-0351")
    yield 25
    pay(invoice, "TT 55012")
    yield 15
    ship(sold, tracking="JD014600976605")


def _gracht_changes_its_mind() -> Scenario:
    """Ordered, and cancelled the next day."""
    yield 33
    sold = submit_new_order(customers.GRACHT, "Filter station", [("BR-12", "2"), ("CP-GL", "96")])
    yield 32
    cancel_order(sold.pk, actor=sold.owner, reason="The old brewer could be repaired.")


def _canal_says_no() -> Scenario:
    """One quote lost, and one that expired without an answer."""
    yield 52
    lost = send_quote(customers.CANAL, "Two-group for the quay", [("EM-201", "1"), ("GR-64", "1")])
    yield 44
    reason = Quote.LostReason.COMPETITOR
    text = "Bought a used machine from a neighbour."
    lose_quote(lost.pk, actor=lost.owner, reason=reason, comment=text)
    yield 41
    send_quote(
        customers.CANAL, "Grinder and water treatment", [("GR-64", "1"), ("WT-10", "4")],
        valid_days=30,
    )  # fmt: skip


def _canal_forgets_to_pay() -> Scenario:
    """The first instalment was due at once and is overdue, the rest is due in four days."""
    yield 31
    items = [("TL-58", "2"), ("TL-KB", "1"), ("WT-CL", "12"), ("PT-GS", "6", "5%")]
    sold = submit_new_order(customers.CANAL, "Tools and gaskets for the season", items)
    yield 26
    ship(sold, status="delivered", carrier="DPD", tracking="05982200 4739")
    _post_invoice(sold, "RE-0355")


def _torino_still_waits() -> Scenario:
    """A quote that expires in four days, with its opportunity."""
    yield 27
    name = "Vintage corner, one group"
    corner = open_opportunity(customers.TORINO, name, PROPOSAL, "4800", closes_in=35)
    yield 26
    items = [("EM-110", "1"), ("GR-64", "1"), ("SV-BT", "4", "10%")]
    send_quote(customers.TORINO, name, items, opportunity=corner, valid_days=30)


def _bellevue_trains() -> Scenario:
    """A training day billed without an order, paid twice: the second time is customer credit."""
    yield 48
    invoice = issue(
        draft_invoice_for(customers.BELLEVUE, "Training day, spring team", [("SV-BT", "8")])
    )
    post(invoice, "RE-0341")
    yield 29
    pay(invoice, "SEPA 8450-11")
    yield 22
    pay(invoice, "SEPA 8493-07", amount=str(invoice.total))


def _post_invoice(sold: Order, official_number: str) -> Invoice:
    """Invoice what was shipped, as the back office does where the terms do not."""
    draft = invoice_order(sold.pk, actor=user(PIETER), what=Invoice.What.SHIPPED)
    return post(issue(draft), official_number)


def _invoice_of(sold: Order) -> Invoice:
    """Return the invoice that the payment terms created last."""
    return sold.invoices.latest("id")

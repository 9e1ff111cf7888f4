"""Test records: one of each kind, with any number of related records."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import time_machine
from django.db import models
from django.utils import timezone

from crm import roles
from crm.models import Account, Contact, CustomField, Lead, Opportunity, User
from crm.services.activities import note
from demo.registration import register_connection
from fulfilment.models import Attempt, Connection, Discrepancy, Handoff, InboundMessage, SyncState
from fulfilment.routes import sent_event_types
from fulfilment.services.returns import record_return
from fulfilment.services.shipments import add_parcel, record_shipment
from sales.models import (
    ApprovalRule,
    BundleItem,
    DiscountBand,
    DiscountList,
    Instalment,
    Invoice,
    Order,
    PriceListItem,
    Product,
    PromotionCode,
    Quote,
)
from sales.services.approvals import request_approval
from sales.services.change_orders import Changes, change_order
from sales.services.credit_notes import credit_invoice
from sales.services.documents.drafts import draft_invoice, draft_order, draft_quote
from sales.services.documents.lines import add_line, change_line
from sales.services.invoices import issue_invoice
from sales.services.opportunities import quote_from_opportunity
from sales.services.opportunity_lines import add_opportunity_line
from sales.services.order_invoices import invoice_order
from sales.services.orders import submit_order
from sales.services.payments import record_payment
from sales.services.promotions import apply_promotion
from sales.services.quotes import accept_quote, activate_quote, revise_quote
from tests.approvals import decide
from tests.factories import (
    ContactFactory,
    LeadFactory,
    Market,
    OpportunityFactory,
    PriceListFactory,
    PriceListItemFactory,
    UserFactory,
)

WEEK = dt.timedelta(days=7)
MONTHS_AGO = dt.timedelta(days=80)
SECRET = "whsec_b3V0Z29pbmctc2VjcmV0LW9mLXRoZS10ZXN0cw=="
CUSTOM_FIELDS = (
    "lead", "opportunity", "account", "contact", "product", "quote", "order", "invoice",
)  # fmt: skip

numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class OneOfEach:
    """A record of each kind, and of documents one in each state that has a page of its own."""

    lead: Lead
    open_lead: Lead
    account: Account
    contact: Contact
    product: Product
    opportunity: Opportunity
    open_opportunity: Opportunity
    draft_quote: Quote
    active_quote: Quote
    won_quote: Quote
    draft_order: Order
    order: Order
    returned_order: Order
    draft_invoice: Invoice
    order_draft_invoice: Invoice
    invoice: Invoice
    credit_note: Invoice
    overpaid_invoice: Invoice
    handoff: Handoff
    connection: Connection
    supply: Connection
    message: InboundMessage
    discrepancy: Discrepancy


def shop() -> tuple[Market, User]:
    """A market with connections, rules, codes and custom fields, and somebody who approves."""
    market = Market()
    approver = UserFactory.create(role=roles.SALES_MANAGER, team=market.rep.team)
    events = [name for name, _ in sent_event_types()]
    for code in ("warehouse", "erp"):
        url, keys = "https://far.example/hooks", {"secret_out": SECRET, "secret_in": SECRET}
        register_connection(code, name=code.title(), url=url, event_types=events, **keys)
    register_connection(
        "supply",
        name="Supply",
        url=url,
        event_types=["order.submitted"],
        kind=Connection.Kind.SUPPLY,
        **keys,
    )
    ApprovalRule.objects.create(name="Discount", measure="discount_rate", threshold=Decimal("0.1"))
    for record_type in CUSTOM_FIELDS:
        CustomField.objects.create(
            record_type=record_type, key="floor", label="Floor", kind="text", show_in_list=True
        )
    Instalment.objects.bulk_create(
        Instalment(terms=market.payment_terms, share_rate=Decimal(share), due_days=days)
        for days, share in ((0, "0.3"), (30, "0.7"))
    )
    return market, approver


def one_of_each(market: Market, approver: User, size: int) -> OneOfEach:
    """Make one record of each kind, each with so many lines, shipments, invoices and entries."""
    rep = market.rep
    lead = LeadFactory.create(owner=rep, follow_up_on=timezone.localdate())
    open_lead = LeadFactory.create(owner=rep, follow_up_on=timezone.localdate())
    contact = ContactFactory.create(account=market.account)
    opportunity = _opportunity(market, size, lead=lead, contact=contact)
    open_opportunity = _opportunity(market, size, contact=contact)
    won, order = _sale(market, opportunity, size)
    order_draft, invoice, credit_note = _invoices(market, order, size)
    draft = _draft_quote(market, approver, open_opportunity, size)
    made = OneOfEach(
        lead=lead,
        open_lead=open_lead,
        account=market.account,
        contact=contact,
        product=_product(market, size),
        opportunity=opportunity,
        open_opportunity=open_opportunity,
        draft_quote=draft,
        active_quote=_active_quote(market, size),
        won_quote=won,
        draft_order=_draft_order(market, size),
        order=order,
        returned_order=_returned_order(market, size),
        draft_invoice=_free_invoice(market, size),
        order_draft_invoice=order_draft,
        invoice=invoice,
        credit_note=credit_note,
        overpaid_invoice=_overpaid_invoice(market, size),
        handoff=_outside(order, invoice, size),
        connection=Connection.objects.get(code="erp"),
        supply=Connection.objects.get(code="supply"),
        message=InboundMessage.objects.filter(root_id=order.pk).latest("id"),
        discrepancy=Discrepancy.objects.filter(record_id=order.pk).latest("id"),
    )
    _write_down(market, (getattr(made, name) for name in OneOfEach.__slots__), size)
    return made


def _opportunity(market: Market, size: int, **fields: models.Model) -> Opportunity:
    opportunity: Opportunity = OpportunityFactory.create(account=market.account, **fields)
    for _ in range(size):
        add_opportunity_line(opportunity.pk, actor=market.rep, product=market.product("100.00"))
    return opportunity


def _add_lines(market: Market, document: Quote | Order | Invoice, size: int) -> None:
    for _ in range(size):
        product = _product_by_volume(market)
        add_line(document, actor=market.rep, product=product, quantity=Decimal(9))
    add_line(document, actor=market.rep, kind="section", description="Bar")


def _product_by_volume(market: Market) -> Product:
    """Put a product on the list whose price falls with the quantity."""
    product = market.product("100.00")
    by_volume = DiscountList.objects.create(name=f"By volume {next(numbers)}")
    DiscountBand.objects.create(
        discount_list=by_volume, quantity_from=5, discount_rate=Decimal("0.02")
    )
    PriceListItem.objects.filter(product=product).update(discount_list=by_volume)
    return product


def _promote(market: Market, document: Quote | Order, size: int) -> None:
    for _ in range(size):
        code = f"CODE{next(numbers)}"
        PromotionCode.objects.create(code=code, name="Spring", discount_rate=Decimal("0.01"))
        apply_promotion(document, code, actor=market.rep)


def _draft_quote(market: Market, approver: User, opportunity: Opportunity, size: int) -> Quote:
    """A draft that breaks a rule, was refused and is asked about again.

    Some of its prices are typed, the others have drifted.
    """
    quote = quote_from_opportunity(
        opportunity.pk, actor=market.rep, valid_until=timezone.localdate() + WEEK
    )
    _add_lines(market, quote, size)
    _promote(market, quote, size)
    for line in quote.lines.filter(kind="product"):
        change_line(line, actor=market.rep, discount_rate=Decimal("0.15"))
    for line in quote.lines.filter(kind="product")[:size]:
        change_line(line, actor=market.rep, unit_price=Decimal("99.00"))
    for step in range(size):
        decide(quote, actor=approver, approved=False, comment="Too much")
        first = quote.lines.filter(kind="product")[0]
        change_line(first, actor=market.rep, quantity=Decimal(7 + step))
    request_approval(quote.pk, actor=market.rep, comment="A big chain")
    PriceListItem.objects.filter(price_list=market.price_list).update(amount=Decimal("110.00"))
    return Quote.objects.get(pk=quote.pk)


def _active_quote(market: Market, size: int) -> Quote:
    """The second revision of a quote that stands for some days more."""
    quote = draft_quote(
        actor=market.rep,
        account=market.account,
        name="Refit",
        valid_until=timezone.localdate() + dt.timedelta(days=3),
    )
    _add_lines(market, quote, size)
    activate_quote(quote.pk, actor=market.rep)
    revised = revise_quote(quote.pk, actor=market.rep)
    return activate_quote(revised.pk, actor=market.rep)


def _draft_order(market: Market, size: int) -> Order:
    order = draft_order(actor=market.rep, account=market.account, name="Refit")
    _add_lines(market, order, size)
    _promote(market, order, size)
    return Order.objects.get(pk=order.pk)


def _free_invoice(market: Market, size: int) -> Invoice:
    invoice = draft_invoice(actor=market.rep, account=market.account, name="Refit")
    _add_lines(market, invoice, size)
    return Invoice.objects.get(pk=invoice.pk)


def _sale(market: Market, opportunity: Opportunity, size: int) -> tuple[Quote, Order]:
    """A won quote and its order: changed, shipped in parts, and some of it taken back."""
    rep = market.rep
    quote = draft_quote(actor=rep, account=market.account, name="Refit", opportunity=opportunity)
    _add_lines(market, quote, size)
    _promote(market, quote, size)
    activate_quote(quote.pk, actor=rep)
    order: Order = accept_quote(quote.pk, actor=rep, name="Émile")
    submit_order(order.pk, actor=rep)
    for step in range(size):
        wanted = {
            line.pk: {"quantity": Decimal(40 + step)} for line in order.lines.filter(kind="product")
        }
        change_order(order.pk, Changes(lines=wanted), actor=rep, reason="They asked")
    for _ in range(size):
        _ship(market, order)
    return Quote.objects.get(pk=quote.pk), Order.objects.get(pk=order.pk)


def _ship(market: Market, order: Order) -> None:
    rep = market.rep
    lines = {line.pk: Decimal(2) for line in order.lines.filter(kind="product")}
    shipment = record_shipment(order.pk, actor=rep, lines=lines, carrier="DHL", tracking="T-1")
    for parcel in ("P-1", "P-2"):
        add_parcel(shipment.pk, actor=rep, tracking=parcel, weight_kg=Decimal(3))
    back = {line: Decimal(1) for line in lines}
    record_return(order.pk, actor=rep, lines=back, returns=shipment)


def _returned_order(market: Market, size: int) -> Order:
    """An order of which more came back for good than is not billed: an invoice and a draft."""
    rep = market.rep
    order = _draft_order(market, size)
    submit_order(order.pk, actor=rep)
    goods = [line.pk for line in order.lines.filter(kind="product")]
    shipment = record_shipment(order.pk, actor=rep, lines=dict.fromkeys(goods, Decimal(9)))
    some = dict.fromkeys(goods, Decimal(4))
    issue_invoice(invoice_order(order.pk, actor=rep, what="lines", quantities=some).pk, actor=rep)
    invoice_order(order.pk, actor=rep, what="lines", quantities=some)
    record_return(order.pk, actor=rep, lines=dict.fromkeys(goods, Decimal(8)), returns=shipment)
    return Order.objects.get(pk=order.pk)


def _invoices(market: Market, order: Order, size: int) -> tuple[Invoice, Invoice, Invoice]:
    """Invoices in parts, the first of them paid and credited bit by bit, and one left a draft."""
    rep, tenth = market.rep, Decimal("0.1")
    issued = []
    with time_machine.travel(timezone.now() - MONTHS_AGO, tick=False):
        for _ in range(size):
            drafted = invoice_order(order.pk, actor=rep, what="percentage", rate=tenth)
            issued.append(issue_invoice(drafted.pk, actor=rep))
    invoice, day = issued[0], timezone.localdate()
    notes = []
    for number in range(size):
        reference = f"SEPA {number}"
        record_payment(
            invoice.pk, actor=rep, amount=Decimal(1), received_on=day, reference=reference
        )
        some = {line.pk: Decimal(1) for line in invoice.lines.filter(kind="product")}
        notes.append(credit_invoice(invoice.pk, actor=rep, reason="Broken", quantities=some))
    draft = invoice_order(order.pk, actor=rep, what="percentage", rate=tenth)
    return draft, Invoice.objects.get(pk=invoice.pk), notes[0]


def _overpaid_invoice(market: Market, size: int) -> Invoice:
    """An invoice that was paid too much several times, and credited since."""
    invoice = issue_invoice(_free_invoice(market, size).pk, actor=market.rep)
    for number in range(size):
        record_payment(
            invoice.pk,
            actor=market.rep,
            amount=invoice.total + 1 + number,
            received_on=market.company.today(),
            reference=f"SEPA {number}",
        )
    some = {line.pk: Decimal(1) for line in invoice.lines.filter(kind="product")}
    credit_invoice(invoice.pk, actor=market.rep, reason="Broken", quantities=some)
    return Invoice.objects.get(pk=invoice.pk)


def _product(market: Market, size: int) -> Product:
    """A bundle on several price lists."""
    bundle = market.product("100.00", kind="bundle")
    for _ in range(size):
        PriceListItemFactory.create(price_list=PriceListFactory.create(), product=bundle)
        part = market.product("10.00")
        BundleItem.objects.create(bundle=bundle, product=part, unit=part.default_unit, quantity=1)
    return bundle


def _conflict(connection: Connection, order: Order, size: int) -> None:
    """Let the quantity of so many lines be in conflict."""
    SyncState.objects.create(connection=connection, record_type="order", record_id=order.pk)
    for line in order.lines.filter(kind="product")[:size]:
        Discrepancy.objects.create(
            connection=connection,
            kind=Discrepancy.Kind.FIELD,
            record_type="order",
            record_id=order.pk,
            field=f"line.{line.pk}.quantity",
            about=line.description[:200],
            compared={"base": "1", "ours": "2", "theirs": "3"},
        )


def _outside(order: Order, invoice: Invoice, size: int) -> Handoff:
    """Attempts at every handoff, reports of the other systems, and differences between the two."""
    now = timezone.now()
    handoffs = Handoff.objects.filter(lane__root_id__in=[order.pk, invoice.pk])
    handoffs.update(state=Handoff.State.NEEDS_ATTENTION, cause="Unknown SKU")
    Attempt.objects.bulk_create(
        Attempt(
            handoff=handoff,
            outcome=Attempt.Outcome.REFUSED,
            detail=f"Unknown SKU {number}",
            duration_ms=5,
            started_at=now,
            finished_at=now,
        )
        for handoff in handoffs
        for number in range(size)
    )
    connection = Connection.objects.get(code="erp")
    _conflict(connection, order, size)
    for document, number in itertools.product((order, invoice), range(size)):
        InboundMessage.objects.create(
            connection=connection,
            message_id=f"msg_{next(numbers)}",
            type="warehouse.order.status",
            subject=document.number or "",
            body={"data": {"status": f"picked {number}"}},
            result=InboundMessage.Result.APPLIED,
            root_id=document.pk,
        )
        InboundMessage.objects.create(
            connection=connection,
            message_id=f"msg_{next(numbers)}",
            type="warehouse.return.received",
            subject=document.number or "",
            part=f"R-{number}",
            body={"data": {"return_ref": f"R-{number}"}},
            result=InboundMessage.Result.QUARANTINED,
            detail="no more can come back than was shipped: 3 of 2",
            unmapped=[f"product:AX-{number}"],
            root_id=document.pk,
        )
        Discrepancy.objects.create(
            connection=connection,
            kind=Discrepancy.Kind.FIELD,
            record_type="order",
            record_id=document.pk,
            field=f"note {number}",
            ours="1",
            theirs="2",
        )
    found: Handoff = handoffs.order_by("id")[0]
    return found


def _write_down(market: Market, records: Iterable[models.Model], size: int) -> None:
    """Put notes and a task that is due beside every record that people own."""
    today = timezone.localdate()
    owned = [each for each in records if hasattr(each, "owner_id") or isinstance(each, Contact)]
    for record, _ in itertools.product(owned, range(size)):
        note(record, "Called", actor=market.rep, kind="call")
        note(record, "Call back", actor=market.rep, kind="task", due_on=today)

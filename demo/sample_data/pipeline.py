"""Pipeline: stages, leads in every status, and opportunities without documents."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from crm.models import Activity, Lead, Opportunity, Stage
from crm.services.activities import finish_task, note
from crm.services.leads import contact_lead, disqualify_lead, qualify_lead
from demo.personas import CAMILLE, JONAS, Person
from demo.sample_data import customers
from demo.sample_data.actions import in_days, open_opportunity
from demo.sample_data.rows import ensure
from demo.sample_data.scenarios import TODAY, Scenario
from demo.sample_data.users import user
from sales.services.opportunities import lose_opportunity

DISCOVERY = "Discovery"
TASTING = "Tasting and site visit"
PROPOSAL = "Proposal"
NEGOTIATION = "Negotiation"

STAGES = (
    (DISCOVERY, "0.10", "pipeline"),
    (TASTING, "0.30", "pipeline"),
    (PROPOSAL, "0.55", "best_case"),
    (NEGOTIATION, "0.80", "committed"),
)

DisqualifiedReason = Lead.DisqualifiedReason


@dataclass(frozen=True, slots=True)
class Enquiry:
    """An enquiry that becomes a lead."""

    topic: str
    company: str
    first: str
    last: str
    email: str
    phone: str
    source: Lead.Source
    owner: Person


ROOFTOP = Enquiry(
    "Rooftop bar, 40 seats, opens in spring",
    "Maison Perrin",
    "Élodie",
    "Perrin",
    "elodie@maisonperrin.example",
    "+33 4 78 00 12 34",
    Lead.Source.WEB,
    CAMILLE,
)
KIOSKS = Enquiry(
    "Three station kiosks, grinders first",
    "Quai Nord Cafés",
    "Bruno",
    "Sallé",
    "b.salle@quainord.example",
    "+33 3 20 00 45 67",
    Lead.Source.TRADE_FAIR,
    CAMILLE,
)
OFFICE = Enquiry(
    "Coffee for a new office of 200 people",
    "Fjordline Studio",
    "Astrid",
    "Nygaard",
    "astrid@fjordline.example",
    "+47 22 00 34 56",
    Lead.Source.REFERRAL,
    JONAS,
)
BAKERY = Enquiry(
    "Second machine for the Saturday queue",
    "Brotzeit Bäckerei",
    "Korbinian",
    "Huber",
    "huber@brotzeit.example",
    "+49 89 2000 7890",
    Lead.Source.OUTBOUND,
    JONAS,
)
MUSEUM = Enquiry(
    "Museum café is being tendered",
    "Musée des Ateliers",
    "Claire",
    "Donnet",
    "c.donnet@ateliers.example",
    "+33 1 40 00 89 01",
    Lead.Source.WEB,
    CAMILLE,
)
STUDENT = Enquiry(
    "Espresso machine for a flat",
    "",
    "Tom",
    "Reed",
    "tom.reed@gmail.com",
    "+44 20 7946 0456",
    Lead.Source.WEB,
    JONAS,
)
CHAIN = Enquiry(
    "Forty sites, framework contract",
    "Nordlys Kaffebarer",
    "Mette",
    "Dahl",
    "mette@nordlys.example",
    "+45 33 00 67 89",
    Lead.Source.TRADE_FAIR,
    JONAS,
)
VINEYARD = Enquiry(
    "Tasting room wants filter coffee",
    "Domaine des Vignes Hautes",
    "Luc",
    "Armand",
    "luc@vigneshautes.example",
    "+33 4 90 00 23 45",
    Lead.Source.REFERRAL,
    CAMILLE,
)


def add_stages() -> None:
    """Add the stages of the pipeline."""
    for position, (name, probability, forecast) in enumerate(STAGES, start=1):
        values = {
            "position": position,
            "probability_rate": Decimal(probability),
            "forecast": forecast,
        }
        ensure(Stage, values, name=name)


def scenarios() -> list[Scenario]:
    """List the scenarios before the first quote."""
    return [
        _new_lead(ROOFTOP, 1, follow_up_in=1),
        _new_lead(KIOSKS, 3, follow_up_in=1),
        _new_lead(CHAIN, TODAY, follow_up_in=2),
        _contacted_lead(OFFICE, 12, 9, follow_up_in=9),
        _contacted_lead(BAKERY, 8, 5, follow_up_in=12),
        _disqualified_lead(MUSEUM, 40, 33, DisqualifiedReason.LOST),
        _disqualified_lead(STUDENT, 21, 20, DisqualifiedReason.NO_LONGER_INTERESTED),
        _vineyard(),
        _early_opportunities(),
        _lost_tender(),
    ]


def _enter(enquiry: Enquiry, *, follow_up_in: int | None = None) -> Lead:
    return Lead.objects.create(
        topic=enquiry.topic,
        company_name=enquiry.company,
        first_name=enquiry.first,
        last_name=enquiry.last,
        email=enquiry.email,
        phone=enquiry.phone,
        source=enquiry.source,
        owner=user(enquiry.owner),
        follow_up_on=in_days(follow_up_in) if follow_up_in is not None else None,
    )


def _new_lead(enquiry: Enquiry, entered: int, *, follow_up_in: int) -> Scenario:
    yield entered
    _enter(enquiry, follow_up_in=follow_up_in)


def _contacted_lead(enquiry: Enquiry, entered: int, called: int, *, follow_up_in: int) -> Scenario:
    yield entered
    lead = _enter(enquiry, follow_up_in=follow_up_in)
    yield called
    contact_lead(lead.pk, actor=lead.owner)
    text = f"Spoke with {enquiry.first}: interested, wants figures before the next meeting."
    note(lead, text, actor=lead.owner, kind=Activity.Kind.CALL)


def _disqualified_lead(
    enquiry: Enquiry, entered: int, closed: int, reason: DisqualifiedReason
) -> Scenario:
    yield entered
    lead = _enter(enquiry)
    yield closed
    disqualify_lead(lead.pk, actor=lead.owner, reason=reason)


def _vineyard() -> Scenario:
    """A lead that became a customer and an opportunity a week ago."""
    yield 16
    lead = _enter(VINEYARD)
    yield 15
    contact_lead(lead.pk, actor=lead.owner)
    yield 7
    qualified = qualify_lead(lead.pk, actor=lead.owner, opportunity_name="Tasting room filter bar")
    if qualified.opportunity is not None:
        qualified.opportunity.change(expected_revenue=Decimal(3800), close_on=in_days(40))
        text = "Send Luc two proposals: batch brewer, and hand brewing with three kettles."
        task = Activity.Kind.TASK
        note(qualified.opportunity, text, actor=lead.owner, kind=task, due_on=in_days(5))


def _early_opportunities() -> Scenario:
    yield 26
    mesa = open_opportunity(
        customers.MESA, "Lobby bars of two hotels", DISCOVERY, "42000", closes_in=75
    )
    yield 19
    gracht = open_opportunity(
        customers.GRACHT, "Replace the old two-group", TASTING, "9400", closes_in=14
    )
    call = "Ask Lotte which day suits for the tasting."
    asked = note(gracht, call, actor=user(JONAS), kind=Activity.Kind.TASK, due_on=in_days(4))
    yield 14
    finish_task(asked)
    visit = "Site visit done. 32 A available, water is hard: include filter cartridges."
    note(gracht, visit, actor=user(JONAS))
    _due(gracht, "Send Lotte the proposal.", days=16)
    _due(mesa, "Find out who signs for the group.", days=14)
    yield 4
    alpen = open_opportunity(
        customers.ALPEN, "Winter season: brewer and cups", DISCOVERY, "2900", closes_in=30
    )
    _due(alpen, "Call Reto about delivery up the mountain.", days=4)


def _due(opportunity: Opportunity, text: str, *, days: int) -> None:
    due_on = in_days(days)
    note(opportunity, text, actor=opportunity.owner, kind=Activity.Kind.TASK, due_on=due_on)


def _lost_tender() -> Scenario:
    yield 70
    tender = open_opportunity(
        customers.SILO, "Canteen refit, two machines", NEGOTIATION, "15800", closes_in=20
    )
    yield 48
    lose_opportunity(tender.pk, actor=user(CAMILLE), reason="price", competitor="Torrelli")

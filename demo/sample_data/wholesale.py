"""Wholesale: the company whose orders a supply-chain system ships and bills, and its customer."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from crm.models import Account
from demo.companies import WHOLESALE
from demo.personas import CAMILLE
from demo.sample_data import catalogue, customers, prices, taxes
from demo.sample_data.actions import add_lines
from demo.signing_secrets import SUPPLY
from demo.story import DRAFT
from fulfilment.models import Connection, Mapping
from sales.models import Company, Order, PaymentTerms, Product, ProductCategory, Unit
from sales.services.documents.drafts import draft_order

Kind = Mapping.Kind

COMPTOIR = customers.Customer(
    "Comptoir des Brûleurs", "comptoirdesbruleurs.example", "9 quai des Chartrons", "33000",
    "Bordeaux", "FR", "+33 5 56 00 12 34", CAMILLE, prices.WHOLESALE, taxes.FRANCE, prices.BY_HAND,
    (("Maud", "Lescure", "Purchasing"),), "FR17812345678",
)  # fmt: skip
COMPANY_CODE = "AURW"
CUSTOMER_CODE = "C-001"
UNIT_CODES = {catalogue.PIECE: "EA", catalogue.KILO: "KG", catalogue.HOUR: "HR"}
TERMS_CODE = "N014"


def add_wholesale() -> None:
    """Add the customer, an order that is still a draft, and what the supply chain calls them."""
    customers.add_customer(COMPTOIR)
    buyer = customers.account(COMPTOIR)
    company = Company.objects.get(name=WHOLESALE)
    _map_codes(company, buyer)
    if not Order.objects.filter(company=company).exists():
        drafted = draft_order(actor=buyer.owner, account=buyer, name=DRAFT, company=company)
        add_lines(drafted, (("GR-75", "3", "10"),), buyer.owner)


def _map_codes(company: Company, buyer: Account) -> None:
    connection = Connection.objects.get(code=SUPPLY)
    rows = [
        Mapping(connection=connection, kind=kind, their_code=code, record_id=key)
        for kind, code, key in _codes(company, buyer)
    ]
    Mapping.objects.bulk_create(rows, ignore_conflicts=True)


def _codes(company: Company, buyer: Account) -> Iterator[tuple[Kind, str, UUID]]:
    yield Kind.COMPANY, COMPANY_CODE, company.pk
    yield Kind.ACCOUNT, CUSTOMER_CODE, buyer.pk
    yield Kind.PAYMENT_TERMS, TERMS_CODE, PaymentTerms.objects.get(name=COMPTOIR.terms).pk
    for product in Product.objects.all():
        yield Kind.PRODUCT, product.sku, product.pk
    for category in ProductCategory.objects.all():
        yield Kind.CATEGORY, category.code.upper(), category.pk
    for unit in Unit.objects.filter(name__in=UNIT_CODES):
        yield Kind.UNIT, UNIT_CODES[unit.name], unit.pk

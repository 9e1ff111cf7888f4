"""Customers: cafés, roasters and hotels with their contacts and terms."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from crm.models import Account, Contact
from demo.personas import CAMILLE, JONAS, Person
from demo.sample_data import prices, taxes
from demo.sample_data.rows import ensure
from demo.sample_data.users import user
from sales.models import AccountTerms, PaymentTerms, PriceList, TaxZone


@dataclass(frozen=True, slots=True)
class Customer:
    """An account with its contacts (first name, last name, job title)."""

    name: str
    domain: str
    street: str
    postal_code: str
    city: str
    country: str
    phone: str
    owner: Person
    price_list: str
    zone: str
    terms: str
    contacts: tuple[tuple[str, str, str], ...]
    tax_number: str = ""
    credit_limit: str | None = None


LAVOISIER = Customer(
    "Brasserie Lavoisier", "brasserie-lavoisier.example", "7 rue Mercière", "69002", "Lyon", "FR",
    "+33 4 72 00 11 22", CAMILLE, prices.EUROPE, taxes.FRANCE, prices.PER_SHIPMENT,
    (("Hélène", "Girard", "Owner"), ("Marc", "Tissot", "Bar manager")), "FR83404833048", "20000",
)  # fmt: skip
TROIS = Customer(
    "Trois Marées Torréfacteur", "troismarees.example", "22 quai de la Fosse", "44000", "Nantes",
    "FR", "+33 2 40 00 33 44", CAMILLE, prices.WHOLESALE, taxes.FRANCE, prices.EARLY,
    (("Yann", "Le Goff", "Head roaster"), ("Sarah", "Benali", "Purchasing")), "FR61954506077",
    "50000",
)  # fmt: skip
BELLEVUE = Customer(
    "Hôtel Bellevue Annecy", "hotel-bellevue.example", "3 avenue d’Albigny", "74000", "Annecy",
    "FR", "+33 4 50 00 55 66", CAMILLE, prices.EUROPE, taxes.FRANCE, prices.WHEN_FULFILLED,
    (("Paul", "Charvet", "Food and beverage manager"),), "FR27552081317", "30000",
)  # fmt: skip
CANAL = Customer(
    "Café du Canal", "cafeducanal.example", "61 quai de Valmy", "75010", "Paris", "FR",
    "+33 1 42 00 77 88", CAMILLE, prices.EUROPE, taxes.FRANCE, prices.IN_PARTS,
    (("Lucie", "Fontaine", "Owner"),), "FR40303265045",
)  # fmt: skip
SILO = Customer(
    "Le Silo, cantine", "lesilo.example", "14 rue du Port", "59000", "Lille", "FR",
    "+33 3 20 00 99 00", CAMILLE, prices.EUROPE, taxes.FRANCE, prices.AT_ONCE,
    (("Amine", "Kaci", "Kitchen manager"),), "FR56488521739",
)  # fmt: skip
KIEZ = Customer(
    "Kiezrösterei Nord", "kiezroesterei.example", "Pappelallee 19", "10437", "Berlin", "DE",
    "+49 30 2000 1122", JONAS, prices.WHOLESALE, taxes.EU_BUSINESS, prices.PER_SHIPMENT,
    (("Frieda", "Sommer", "Managing director"), ("Tarek", "Aziz", "Head barista")), "DE811907980",
    "60000",
)  # fmt: skip
HAFEN = Customer(
    "Hafenküche Hamburg", "hafenkueche.example", "Am Sandtorkai 5", "20457", "Hamburg", "DE",
    "+49 40 3000 3344", JONAS, prices.EUROPE, taxes.GERMANY, prices.EARLY,
    (("Svenja", "Petersen", "Purchasing"),), "DE118856456", "25000",
)  # fmt: skip
GRACHT = Customer(
    "Grachtenbar Utrecht", "grachtenbar.example", "Oudegracht 112", "3511 AW", "Utrecht", "NL",
    "+31 30 200 5566", JONAS, prices.EUROPE, taxes.EU_BUSINESS, prices.BY_HAND,
    (("Lotte", "Bakker", "Owner"),), "NL859013456B01",
)  # fmt: skip
TORINO = Customer(
    "Bottega del Caffè Torino", "bottegatorino.example", "Via Po 31", "10124", "Torino", "IT",
    "+39 011 200 7788", JONAS, prices.EUROPE, taxes.EU_BUSINESS, prices.PER_SHIPMENT,
    (("Giulia", "Ferrero", "Owner"),), "IT00743110157",
)  # fmt: skip
FOXGLOVE = Customer(
    "Foxglove Coffee Houses Ltd", "foxglove.example", "18 Redchurch Street", "E2 7DJ", "London",
    "GB", "+44 20 7946 0123", JONAS, prices.BRITAIN, taxes.EXPORT, prices.PER_SHIPMENT,
    (("Imogen", "Hale", "Head of operations"), ("Dev", "Patel", "Buyer")), "GB123456789", "40000",
)  # fmt: skip
HARBOR = Customer(
    "Harbor & Pine Coffee Co.", "harborpine.example", "240 Commercial Street", "04101", "Portland",
    "US", "+1 207 555 0142", JONAS, prices.AMERICAS, taxes.EXPORT, prices.EARLY,
    (("Grace", "Nolan", "Founder"),), credit_limit="35000",
)  # fmt: skip
MESA = Customer(
    "Mesa Verde Hospitality Group", "mesaverde.example", "901 Canyon Road", "87501", "Santa Fe",
    "US", "+1 505 555 0187", JONAS, prices.AMERICAS, taxes.EXPORT, prices.BY_HAND,
    (("Daniel", "Ortiz", "Procurement"),),
)  # fmt: skip
KISSA = Customer(
    "Kissa Aoba", "kissa-aoba.example", "2-14 Shimokitazawa", "155-0031", "Tokyo", "JP",
    "+81 3 5555 0166", JONAS, prices.JAPAN, taxes.EXPORT, prices.AT_ONCE,
    (("Haruka", "Mori", "Owner"),),
)  # fmt: skip
ALPEN = Customer(
    "Alpenblick Berghaus", "alpenblick.example", "Dorfstrasse 8", "3818", "Grindelwald", "CH",
    "+41 33 555 01 77", JONAS, prices.EUROPE, taxes.EXPORT, prices.BY_HAND,
    (("Reto", "Steiner", "Innkeeper"),), "CHE-123.456.788 MWST",
)  # fmt: skip

CUSTOMERS = (
    LAVOISIER, TROIS, BELLEVUE, CANAL, SILO, KIEZ, HAFEN, GRACHT, TORINO, FOXGLOVE, HARBOR, MESA,
    KISSA, ALPEN,
)  # fmt: skip


def add_customers() -> None:
    """Add every account with its contacts and terms."""
    for customer in CUSTOMERS:
        add_customer(customer)


def account(customer: Customer) -> Account:
    """Find a customer's account."""
    return Account.objects.get(domain=customer.domain)


def add_customer(customer: Customer) -> None:
    """Add an account with its contacts and terms."""
    values = {
        "name": customer.name,
        "owner": user(customer.owner),
        "email": f"office@{customer.domain}",
        "phone": customer.phone,
        "tax_number": customer.tax_number,
        "billing_street": customer.street,
        "billing_postal_code": customer.postal_code,
        "billing_city": customer.city,
        "billing_country": customer.country,
    }
    added = ensure(Account, values, domain=customer.domain)
    for first, last, title in customer.contacts:
        address = f"{first}.{last.replace(' ', '')}@{customer.domain}".lower()
        ensure(Contact, {"job_title": title, "email": _ascii(address)}, account=added,
               first_name=first, last_name=last)  # fmt: skip
    _add_terms(added, customer)


def _add_terms(added: Account, customer: Customer) -> None:
    price_list = PriceList.objects.get(name=customer.price_list)
    limit = customer.credit_limit
    values = {
        "currency": price_list.currency,
        "price_list": price_list,
        "payment_terms": PaymentTerms.objects.get(name=customer.terms),
        "tax_zone": TaxZone.objects.get(code=customer.zone),
        "credit_limit": Decimal(limit) if limit else None,
    }
    ensure(AccountTerms, values, account=added)


def _ascii(address: str) -> str:
    return address.translate(str.maketrans("éèêïôüç", "eeeiouc"))

"""Records for tests; documents are made by the services, as people make them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import factory
from django.contrib.auth.models import Group
from factory.django import DjangoModelFactory

from crm import roles
from crm.models import Account, Contact, Lead, Opportunity, Stage, Team, User
from sales.models import (
    AccountTerms,
    Company,
    ExchangeRate,
    PaymentTerms,
    PriceList,
    PriceListItem,
    Product,
    ProductCategory,
    TaxCategory,
    TaxRate,
    TaxZone,
    Unit,
    UnitGroup,
)

LONG_AGO = dt.date(2020, 1, 1)


class TeamFactory(DjangoModelFactory[Team]):
    class Meta:
        model = Team

    name = factory.Sequence(lambda n: f"Team {n}")


class UserFactory(DjangoModelFactory[User]):
    """A sales rep by default: ``UserFactory(role=roles.BACK_OFFICE)``."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"rep{n}@throughline.example")
    first_name = "Inès"
    last_name = factory.Sequence(lambda n: f"Moreau {n}")
    team = factory.SubFactory(TeamFactory)

    @factory.post_generation  # type: ignore[untyped-decorator]  # factory-boy has no types
    def role(self, create: bool, name: str | None, **_: Any) -> None:
        if create:
            group = Group.objects.get(name=name or roles.SALES_REP)
            self.groups.add(group)  # type: ignore[attr-defined]  # self is the made user


class AccountFactory(DjangoModelFactory[Account]):
    class Meta:
        model = Account

    name = factory.Sequence(lambda n: f"Brasserie {n}")
    owner = factory.SubFactory(UserFactory)
    billing_street = "14 quai de la Fosse"
    billing_postal_code = "44000"
    billing_city = "Nantes"
    billing_country = "FR"


class ContactFactory(DjangoModelFactory[Contact]):
    class Meta:
        model = Contact

    account = factory.SubFactory(AccountFactory)
    first_name = "Émile"
    last_name = factory.Sequence(lambda n: f"Garnier {n}")


class LeadFactory(DjangoModelFactory[Lead]):
    class Meta:
        model = Lead

    topic = "Espresso bar refit"
    company_name = factory.Sequence(lambda n: f"Café {n} SAS")
    first_name = "Émile"
    last_name = "Garnier"
    email = factory.Sequence(lambda n: f"emile@cafe{n}.example")
    owner = factory.SubFactory(UserFactory)


class StageFactory(DjangoModelFactory[Stage]):
    class Meta:
        model = Stage

    name = factory.Sequence(lambda n: f"Stage {n}")
    position = factory.Sequence(lambda n: n)
    probability_rate = Decimal("0.2")


class OpportunityFactory(DjangoModelFactory[Opportunity]):
    class Meta:
        model = Opportunity

    name = "Espresso bar refit"
    account = factory.SubFactory(AccountFactory)
    owner = factory.SelfAttribute("account.owner")
    stage = factory.SubFactory(StageFactory)


class CompanyFactory(DjangoModelFactory[Company]):
    class Meta:
        model = Company

    name = factory.Sequence(lambda n: f"Throughline Équipements {n}")
    number_prefix = factory.Sequence(lambda n: "" if n == 0 else f"{'ABCDEFGHIJ'[n % 10] * 2}-")
    is_default = False


class UnitGroupFactory(DjangoModelFactory[UnitGroup]):
    class Meta:
        model = UnitGroup

    name = factory.Sequence(lambda n: f"Units {n}")


class UnitFactory(DjangoModelFactory[Unit]):
    class Meta:
        model = Unit

    group = factory.SubFactory(UnitGroupFactory)
    name = "pc"
    factor = Decimal(1)


class TaxCategoryFactory(DjangoModelFactory[TaxCategory]):
    class Meta:
        model = TaxCategory

    code = factory.Sequence(lambda n: f"tax{n}")
    name = factory.Sequence(lambda n: f"Tax {n}")


class ProductCategoryFactory(DjangoModelFactory[ProductCategory]):
    class Meta:
        model = ProductCategory

    code = factory.Sequence(lambda n: f"cat{n}")
    name = factory.Sequence(lambda n: f"Category {n}")


class ProductFactory(DjangoModelFactory[Product]):
    class Meta:
        model = Product

    sku = factory.Sequence(lambda n: f"ESP-{n:03d}")
    name = "Espresso machine"
    category = factory.SubFactory(ProductCategoryFactory)
    default_unit = factory.SubFactory(UnitFactory)
    unit_group = factory.SelfAttribute("default_unit.group")
    tax_category = factory.SubFactory(TaxCategoryFactory)


class PriceListFactory(DjangoModelFactory[PriceList]):
    class Meta:
        model = PriceList

    name = factory.Sequence(lambda n: f"Prices {n}")
    currency = "EUR"


class PriceListItemFactory(DjangoModelFactory[PriceListItem]):
    class Meta:
        model = PriceListItem

    price_list = factory.SubFactory(PriceListFactory)
    product = factory.SubFactory(ProductFactory)
    unit = factory.SelfAttribute("product.default_unit")
    amount = Decimal("100.00")


class PaymentTermsFactory(DjangoModelFactory[PaymentTerms]):
    class Meta:
        model = PaymentTerms

    name = factory.Sequence(lambda n: f"30 days net {n}")


class Market:
    """A company that sells, an account that buys, and what both need to agree on a price."""

    def __init__(
        self,
        *,
        currency: str = "EUR",
        tax_rate: str = "0.20",
        invoice_when: str = PaymentTerms.InvoiceWhen.BY_HAND,
    ) -> None:
        self.currency = currency
        self.company = Company.objects.filter(is_default=True).first() or CompanyFactory.create(
            is_default=True, number_prefix=""
        )
        if currency != self.company.base_currency:
            ExchangeRate.objects.get_or_create(
                base=self.company.base_currency,
                currency=currency,
                valid_on=LONG_AGO,
                defaults={"rate": Decimal(1)},
            )
        self.rep = UserFactory.create()
        self.account = AccountFactory.create(owner=self.rep)
        self.zone = TaxZone.objects.get_or_create(code="fr", defaults={"name": "France"})[0]
        self.tax_category = TaxCategoryFactory.create()
        TaxRate.objects.create(category=self.tax_category, zone=self.zone, rate=Decimal(tax_rate))
        self.price_list = PriceListFactory.create(currency=currency)
        self.payment_terms = PaymentTermsFactory.create(invoice_when=invoice_when)
        self.category = ProductCategoryFactory.create()
        AccountTerms.objects.create(
            account=self.account,
            currency=currency,
            price_list=self.price_list,
            payment_terms=self.payment_terms,
            tax_zone=self.zone,
        )

    def product(
        self, price: str | None = "100.00", *, price_quantity: Decimal | str = "1", **fields: Any
    ) -> Product:
        """Put a product on the price list; a price of None leaves it off."""
        product: Product = ProductFactory.create(
            tax_category=self.tax_category, category=self.category, **fields
        )
        if price is not None:
            PriceListItemFactory.create(
                price_list=self.price_list,
                product=product,
                amount=Decimal(price),
                price_quantity=Decimal(price_quantity),
            )
        return product

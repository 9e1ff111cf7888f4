"""List filters of quotes, orders, invoices and products."""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from fulfilment.services.order_sync.sync_statuses import NEED_A_PERSON, SyncStatus, with_sync_status
from sales.models import Invoice, Order, Product, ProductCategory, Quote
from sales.models.invoices import InvoiceQuerySet
from web.filters.base import RecordFilter
from web.filters.custom_fields import CustomFilters
from web.filters.customers import OwnedFilter

ANY = _("Any")


class QuoteFilter(OwnedFilter):
    """Filters quotes."""

    EXPIRED = "expired"

    text_columns = ("number", "name", "account__name")

    text = filters.CharFilter(label=_("Number, name or account"), method="matching")
    status = filters.ChoiceFilter(
        label=_("Status"),
        choices=[*Quote.Status.choices, (EXPIRED, _("Expired"))],
        empty_label=ANY,
        method="in_status",
    )

    class Meta:
        model = Quote
        fields = ("text", "status", "owner")

    def in_status(self, quotes: QuerySet[Quote], name: str, status: str) -> QuerySet[Quote]:
        """Keep quotes of a status; expired ones are active ones past their day."""
        if status != self.EXPIRED:
            return quotes.filter(status=status)
        return quotes.filter(pk__in=Quote.objects.all().expired().order_by().values("pk"))


class OrderFilter(OwnedFilter):
    """Filters orders."""

    PERSON = "person"

    text_columns = ("number", "name", "account__name", "customer_reference")

    text = filters.CharFilter(label=_("Number, name or account"), method="matching")
    status = filters.ChoiceFilter(label=_("Status"), choices=Order.Status.choices, empty_label=ANY)
    fulfilment_status = filters.ChoiceFilter(
        label=_("Fulfilment"), choices=Order.Fulfilment.choices, empty_label=ANY
    )
    billing_status = filters.ChoiceFilter(
        label=_("Billing"), choices=Order.Billing.choices, empty_label=ANY
    )

    sync = filters.ChoiceFilter(
        label=_("Sync"),
        choices=[(PERSON, _("Needs a person")), *SyncStatus.choices],
        empty_label=ANY,
        method="in_sync_status",
    )

    class Meta:
        model = Order
        fields = ("text", "status", "fulfilment_status", "billing_status", "sync", "owner")

    def __init__(self, *args: Any, is_shared: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_shared:
            del self.filters["sync"]

    def in_sync_status(self, orders: QuerySet[Order], name: str, status: str) -> QuerySet[Order]:
        """Keep the orders that supply-chain systems hold in this way."""
        statuses = NEED_A_PERSON if status == self.PERSON else [status]
        keys = with_sync_status(Order.objects.all()).filter(sync_status__in=statuses).order_by()
        return orders.filter(pk__in=keys.values("pk"))


class InvoiceFilter(OwnedFilter):
    """Filters invoices."""

    OVERDUE = "overdue"

    text_columns = ("number", "official_number", "name", "account__name")

    text = filters.CharFilter(label=_("Number, name or account"), method="matching")
    kind = filters.ChoiceFilter(label=_("Kind"), choices=Invoice.Kind.choices, empty_label=ANY)
    status = filters.ChoiceFilter(
        label=_("Status"),
        choices=[*Invoice.Status.choices, (OVERDUE, _("Overdue"))],
        empty_label=ANY,
        method="in_status",
    )

    class Meta:
        model = Invoice
        fields = ("text", "kind", "status", "owner")

    def in_status(self, invoices: InvoiceQuerySet, name: str, status: str) -> InvoiceQuerySet:
        """Keep invoices of a status; overdue ones are open ones past their day."""
        if status != self.OVERDUE:
            return invoices.filter(status=status)
        return invoices.overdue()


class ProductFilter(CustomFilters, RecordFilter):
    """Filters products."""

    text = filters.CharFilter(label=_("SKU or name"), method="matching")
    kind = filters.ChoiceFilter(label=_("Kind"), choices=Product.Kind.choices, empty_label=ANY)
    category = filters.ModelChoiceFilter(
        label=_("Category"), queryset=ProductCategory.objects.all(), empty_label=ANY
    )

    class Meta:
        model = Product
        fields = ("text", "kind", "category")

    def matching(self, products: QuerySet[Product], name: str, text: str) -> QuerySet[Any]:
        """Keep products whose SKU or name has the text."""
        return products.filter(Q(sku__icontains=text) | Q(name__icontains=text))

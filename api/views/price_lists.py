"""Price lists for partners: read only."""

from __future__ import annotations

from rest_framework import serializers

from api.inputs import TextField
from api.pagination import ListQuery
from api.representations.price_lists import represent_head, represent_price_list
from api.representations.schemas import PriceListPricesSchema, PriceListSchema
from api.resources import Resource
from api.views.base import ListView, RecordView, lists, reads
from api.visibility import visible_price_lists
from crm.models import Partner

PRICE_LISTS = Resource("price-lists", visible_price_lists, represent_price_list, represent_head)


class PriceListQuery(ListQuery):
    """Filters of price lists."""

    name = TextField(required=False)
    currency = TextField(max_length=3, required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


@lists(PRICE_LISTS, PriceListQuery, PriceListSchema)
class PriceListListView(ListView):
    """All price lists, without their prices."""

    scopes = {"GET": Partner.Scope.CATALOGUE_READ}  # noqa: RUF012  # as in every view


@reads(PRICE_LISTS, PriceListPricesSchema)
class PriceListView(RecordView):
    """One price list, with what each product on it costs today."""

    scopes = {"GET": Partner.Scope.CATALOGUE_READ}  # noqa: RUF012  # as in every view

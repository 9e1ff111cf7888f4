"""Products for partners: read only."""

from __future__ import annotations

from rest_framework import serializers

from api.inputs import TextField
from api.pagination import ListQuery
from api.representations.products import represent_product
from api.representations.schemas import ProductSchema
from api.resources import Resource
from api.views.base import ListView, RecordView, lists, reads
from api.visibility import visible_products
from crm.models import Partner

PRODUCTS = Resource("products", visible_products, represent_product)


class ProductQuery(ListQuery):
    """Filters of products."""

    sku = TextField(required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


@lists(PRODUCTS, ProductQuery, ProductSchema)
class ProductListView(ListView):
    """All products."""

    scopes = {"GET": Partner.Scope.CATALOGUE_READ}  # noqa: RUF012  # as in every view


@reads(PRODUCTS, ProductSchema)
class ProductView(RecordView):
    """One product."""

    scopes = {"GET": Partner.Scope.CATALOGUE_READ}  # noqa: RUF012  # as in every view

"""Base of the views of documents that partners draft with all their lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, cast

from django.urls import reverse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request

from api.inputs import Input, read
from api.operations import creating
from api.permissions import partner_of
from api.requests.orders import new_lines
from api.resources import Resource
from api.views.base import ListView
from api.writes import Written, once
from crm.models import Partner
from sales.models import Order, Quote, kind_of
from sales.services.documents.draft_fields import OrderFields, QuoteFields
from sales.services.whole_drafts import draft_whole


class DraftsView(ListView):
    """Base of lists of orders or quotes: POST creates a draft with its lines."""

    model: ClassVar[type[Order | Quote]]
    body: ClassVar[type[Input]]

    @once
    def post(self, request: Request) -> Written:
        """Create a draft with its lines."""
        partner = partner_of(request)
        sent = read(self.body, request.data, actor=partner)
        named = {"account": sent.pop("account"), "name": sent.pop("name")}
        lines = new_lines(sent.pop("lines"), sent["currency"])
        head = {"discount_rate": sent.pop("discount_percent", None), **sent, **self.own(partner)}
        draft, drafted = draft_whole(
            self.model,
            actor=partner,
            **named,
            lines=lines,
            head=cast("OrderFields | QuoteFields", head),
        )
        location = reverse(f"api:{kind_of(draft).name}", args=[draft.pk])
        data = self.resource.represent(draft, drafted)
        return Written(data, HTTPStatus.CREATED, location, draft.version)

    def own(self, partner: Partner) -> Mapping[str, Any]:
        """Return columns of the head that only documents of this kind have."""
        return {}


def drafts(
    resource: Resource, model: type[Order | Quote], body: type[Input], item: Any
) -> Callable[[type[DraftsView]], type[DraftsView]]:
    """Make a list one in which partners draft documents, and describe that."""

    def describe(view: type[DraftsView]) -> type[DraftsView]:
        view.model, view.body = model, body
        return extend_schema_view(post=creating(resource.name, body, item))(view)

    return describe

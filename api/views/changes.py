"""Base of the views of records whose fields partners change."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request

from api.inputs import Input, read
from api.operations import updating
from api.permissions import partner_of
from api.requests.accounts import columns_of
from api.resources import Resource
from api.views.base import RecordView, find_to_write, reads
from api.writes import Written, repeatable
from crm.services.accounts import change_fields


class ChangedFieldsView(RecordView):
    """Base of single accounts and contacts: PATCH changes the fields that are sent."""

    body: ClassVar[type[Input]]

    @repeatable
    def patch(self, request: Request, pk: uuid.UUID) -> Written:
        """Change the fields that are sent."""
        partner = partner_of(request)
        record = find_to_write(self.resource, request, pk)
        sent = read(self.body, request.data, partial=True, actor=partner)
        change_fields(record, columns_of(sent))
        stored = self.resource.find(partner, pk)
        return Written(self.resource.represent(stored), version=stored.version)


def changes(
    resource: Resource, body: type[Input], item: Any
) -> Callable[[type[ChangedFieldsView]], type[ChangedFieldsView]]:
    """Make a view that of single records of a resource and their changes, and describe it."""

    def describe(view: type[ChangedFieldsView]) -> type[ChangedFieldsView]:
        view.body = body
        reads(resource, item)(view)
        return extend_schema_view(patch=updating(resource.name, body, item))(view)

    return describe

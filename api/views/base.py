"""Bases of the partners' views: token and scope, lists, reads, and verbs of documents."""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from http import HTTPStatus
from inspect import getdoc
from typing import Any, ClassVar, TypeVar

from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema_view
from rest_framework.request import Request
from rest_framework.views import APIView

from api.authentication import BearerToken
from api.expansions import expand, take_expansions
from api.inputs import Input, Query, read
from api.operations import listing, reading, writing
from api.pagination import ListQuery, page_response
from api.parsers import StrictJSONParser
from api.permissions import HasScope, partner_of
from api.preconditions import check_precondition, put_etag, require_precondition
from api.rate_limits import BucketState, ClientRate
from api.refusals import BodyTooLarge, LengthRequired
from api.resources import Resource
from api.responses import json_response
from api.writes import Written, once
from common.read_cache import cached_reads
from crm.models import Partner

LARGEST_BODY = 1024 * 1024


class LimitedView(APIView):
    """A view with a limit for each client, which its headers say."""

    throttle_classes = (ClientRate,)

    rate: BucketState | None = None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say how many more requests are within the limit."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.rate is not None:
            answer["RateLimit-Policy"] = self.rate.policy.header
            answer["RateLimit"] = self.rate.header
        return answer


class PartnerView(LimitedView):
    """A resource of the API; ``scopes`` names the scope that each method needs."""

    authentication_classes = (BearerToken,)
    permission_classes = (HasScope,)
    parser_classes = (StrictJSONParser,)
    http_method_names = ("get", "head", "post", "put", "patch", "delete")

    scopes: ClassVar[Mapping[str, str]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the size of the body, before anything of it is read, then token and scope."""
        http: HttpRequest = request._request
        if "HTTP_TRANSFER_ENCODING" in http.META and not http.META.get("CONTENT_LENGTH"):
            raise LengthRequired
        if int(http.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
            raise BodyTooLarge
        super().initial(request, *args, **kwargs)


class ListView(PartnerView):
    """Base of lists: the records that the partner may see, by the filters of ``query``."""

    resource: ClassVar[Resource]
    query: ClassVar[type[ListQuery]]

    def get(self, request: Request) -> HttpResponse:
        """Answer a page of them."""
        resource = self.resource
        parameters, expansions = take_expansions(request, resource.expansions)
        query = read(self.query, parameters)
        records = resource.records(partner_of(request)).filter(**filters_of(query))

        def represent(shown: list[Any]) -> list[dict[str, Any]]:
            with cached_reads():
                return expand(request, shown, resource.list(shown), expansions)

        return page_response(request, records, query, represent, resource.changed_at)


class RecordView(PartnerView):
    """Base of single records: the one that the address names, if the partner may see it."""

    resource: ClassVar[Resource]

    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        """Answer it, with its version where it has one."""
        parameters, expansions = take_expansions(request, self.resource.expansions)
        read(Query, parameters)
        record = self.resource.find(partner_of(request), pk)
        [data] = expand(request, [record], [self.resource.represent(record)], expansions)
        response = json_response(data)
        return put_etag(response, record.version) if hasattr(record, "version") else response


class VerbView(PartnerView, ABC):
    """Base of verbs: find the document, lock it, compare its version, act."""

    resource: ClassVar[Resource]
    body: ClassVar[type[Input]] = Input

    @once
    def post(self, request: Request, pk: uuid.UUID) -> Written:
        """Do what the verb says."""
        partner = partner_of(request)
        find_to_write(self.resource, request, pk)
        return self.act(pk, partner, read(self.body, request.data, actor=partner))

    @abstractmethod
    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Act on the document, which is locked, with the fields that were sent."""


ListT = TypeVar("ListT", bound=ListView)


def lists(
    resource: Resource, query: type[ListQuery], item: Any
) -> Callable[[type[ListT]], type[ListT]]:
    """Make a view the list of a resource, and describe it."""

    def describe(view: type[ListT]) -> type[ListT]:
        view.resource, view.query = resource, query
        described = listing(
            resource.name, query, item, expands=resource.expansions, description=getdoc(view)
        )
        return extend_schema_view(get=described)(view)

    return describe


def reads(resource: Resource, item: Any) -> Callable[[type[RecordView]], type[RecordView]]:
    """Make a view that of the single records of a resource, and describe it."""

    def describe(view: type[RecordView]) -> type[RecordView]:
        view.resource = resource
        described = reading(
            resource.name, item, expands=resource.expansions, description=getdoc(view)
        )
        return extend_schema_view(get=described)(view)

    return describe


def verb(
    resource: Resource,
    name: str,
    response: Any,
    *,
    body: type[Input] = Input,
    status: int = HTTPStatus.OK,
) -> Callable[[type[VerbView]], type[VerbView]]:
    """Make a view a verb of a resource, and describe it."""

    def describe(view: type[VerbView]) -> type[VerbView]:
        view.resource, view.body = resource, body
        described = writing(
            resource.name,
            name,
            None if body is Input else body,
            response,
            status=status,
            has_version=True,
            description=getdoc(view.act),
        )
        return extend_schema_view(post=described)(view)

    return describe


def find_to_write(resource: Resource, request: Request, pk: uuid.UUID) -> Any:
    """Lock the record that a write is about, and compare its version with If-Match."""
    assert resource.lock is not None  # noqa: S101  # of each resource that is written to
    resource.find(partner_of(request), pk)
    require_precondition(request)
    locked = resource.lock(pk)
    check_precondition(request, locked)
    return locked


def filters_of(query: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a list is filtered by, without what every list has."""
    of_all = ListQuery().fields
    return {
        name: value for name, value in query.items() if name not in of_all and value is not None
    }

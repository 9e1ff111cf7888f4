"""Webhook endpoints for partners: register, verify, change, pause, rotate, test, delete."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from api.inputs import Input, read
from api.operations import creating, updating, writing
from api.permissions import check_scope, partner_of
from api.preconditions import require_precondition
from api.rate_limits import limit_asking
from api.representations.webhook_endpoints import represent_endpoint, represent_result
from api.representations.webhook_schemas import (
    ReplayedSchema,
    WebhookEndpointSchema,
    WebhookEndpointSecretSchema,
    WebhookTestSchema,
)
from api.requests.webhook_endpoints import WebhookEndpointInput, WebhookEndpointQuery, WindowInput
from api.resources import Resource
from api.views.base import (
    ListView,
    PartnerView,
    RecordView,
    VerbView,
    find_to_write,
    lists,
    reads,
    verb,
)
from api.visibility import visible_deliveries
from api.writes import Written, once, once_after, repeatable
from crm.models import Partner
from fulfilment.models import Connection, Secret
from fulfilment.outbound.connection_test import send_test_message
from fulfilment.outbound.endpoint_verification import challenge_endpoint
from fulfilment.outbound.handoff_actions import replay_window
from fulfilment.routes import document_kind_of
from fulfilment.services.connections import pause_connection, rotate_secret
from fulfilment.services.webhook_endpoints import (
    change_endpoint,
    check_test,
    check_verifiable,
    endpoints_of,
    lock_endpoint,
    register_endpoint,
    remove_endpoint,
    resume_endpoint,
    verify_endpoint,
)

READ, WRITE = Partner.Scope.WEBHOOKS_READ, Partner.Scope.WEBHOOKS_WRITE
ENDPOINTS = Resource("webhook-endpoints", endpoints_of, represent_endpoint, lock=lock_endpoint)


@lists(ENDPOINTS, WebhookEndpointQuery, WebhookEndpointSchema)
class WebhookEndpointListView(ListView):
    """The endpoints that the partner registered."""

    scopes = {"GET": READ, "POST": WRITE}  # noqa: RUF012  # as in every view

    @creating("webhook-endpoints", WebhookEndpointInput, WebhookEndpointSecretSchema)
    @once
    def post(self, request: Request) -> Written:
        """Register an endpoint; it is sent nothing until it is verified."""
        partner = partner_of(request)
        sent = read(WebhookEndpointInput, request.data)
        check_event_types(request, sent["event_types"])
        endpoint, secret = register_endpoint(partner, **sent)
        location = reverse("api:webhook-endpoint", args=[endpoint.pk])
        return _with_secret(partner, endpoint.pk, secret, HTTPStatus.CREATED, location)


@reads(ENDPOINTS, WebhookEndpointSchema)
class WebhookEndpointView(RecordView):
    """One endpoint."""

    scopes = {"GET": READ, "PATCH": WRITE, "DELETE": WRITE}  # noqa: RUF012  # as in every view

    @updating("webhook-endpoints", WebhookEndpointInput, WebhookEndpointSchema)
    def patch(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        """Change the fields that are sent; a new address has to answer the challenge first."""
        return self._change(request, pk, self._ask_new_address(request, pk))

    @writing(
        "webhook-endpoints",
        "delete",
        None,
        None,
        status=HTTPStatus.NO_CONTENT,
        has_version=True,
        is_keyed=False,
    )
    @repeatable
    def delete(self, request: Request, pk: uuid.UUID) -> Written:
        """Delete an endpoint: nothing more is sent to it, not even what waits."""
        remove_endpoint(find_to_write(ENDPOINTS, request, pk))
        return Written(None)

    def _ask_new_address(self, request: Request, pk: uuid.UUID) -> str:
        """Challenge the address that a verified endpoint is to have; return it if it answered."""
        require_precondition(request)
        partner = partner_of(request)
        endpoint = ENDPOINTS.find(partner, pk)
        url = str(read(WebhookEndpointInput, request.data, partial=True).get("url", endpoint.url))
        if endpoint.verified_at is None or url == endpoint.url:
            return ""
        limit_asking(partner)
        challenge_endpoint(endpoint, url)
        return url

    @repeatable
    def _change(self, request: Request, pk: uuid.UUID, answered: str) -> Written:
        endpoint = find_to_write(ENDPOINTS, request, pk)
        sent = read(WebhookEndpointInput, request.data, partial=True)
        check_event_types(request, sent.get("event_types", ()))
        change_endpoint(endpoint, **sent, answered=answered)
        return _written(partner_of(request), pk)


class VerifyEndpointView(PartnerView):
    """Verify an endpoint."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def ask(self, request: Request, pk: uuid.UUID) -> Connection:
        """Send the challenge, and return the endpoint whose address repeated it."""
        require_precondition(request)
        endpoint: Connection = ENDPOINTS.find(partner_of(request), pk)
        check_verifiable(endpoint)
        limit_asking(partner_of(request))
        challenge_endpoint(endpoint)
        return endpoint

    @writing("webhook-endpoints", "verify", None, WebhookEndpointSchema, has_version=True)
    @once_after(ask)
    def post(self, request: Request, challenged: Connection, pk: uuid.UUID) -> Written:
        """Send a signed challenge to the address, which has to repeat it in its answer."""
        read(Input, request.data)
        find_to_write(ENDPOINTS, request, pk)
        verify_endpoint(challenged)
        return _written(partner_of(request), pk)


class TestEndpointView(PartnerView):
    """Test an endpoint."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def ask(self, request: Request, pk: uuid.UUID) -> dict[str, Any]:
        """Send a test event, and return what was answered."""
        endpoint: Connection = ENDPOINTS.find(partner_of(request), pk)
        check_test(endpoint)
        limit_asking(partner_of(request))
        return represent_result(send_test_message(endpoint))

    @writing("webhook-endpoints", "test", None, WebhookTestSchema)
    @once_after(ask)
    def post(self, request: Request, tested: dict[str, Any], pk: uuid.UUID) -> Written:
        """Send a signed test event at once, and answer what was answered to it."""
        read(Input, request.data)
        return Written(tested)


@verb(ENDPOINTS, "pause", WebhookEndpointSchema)
class PauseEndpointView(VerbView):
    """Pause an endpoint."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Send nothing until it is resumed; events are queued meanwhile."""
        pause_connection(ENDPOINTS.find(partner, pk))
        return _written(partner, pk)


@verb(ENDPOINTS, "resume", WebhookEndpointSchema)
class ResumeEndpointView(VerbView):
    """Resume an endpoint."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Send what waits at once, and forget past failures."""
        resume_endpoint(ENDPOINTS.find(partner, pk))
        return _written(partner, pk)


@verb(ENDPOINTS, "rotate", WebhookEndpointSecretSchema)
class RotateEndpointView(VerbView):
    """Rotate the secret of an endpoint."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    def act(self, pk: uuid.UUID, partner: Partner, sent: dict[str, Any]) -> Written:
        """Sign with a new secret too, which is shown once; the old one is used for a day more."""
        secret = rotate_secret(ENDPOINTS.find(partner, pk), Secret.Purpose.OUTBOUND)
        return _with_secret(partner, pk, secret)


class ReplayWindowView(PartnerView):
    """Replay what was queued for an endpoint in a window of time."""

    scopes = {"POST": WRITE}  # noqa: RUF012  # as in every view

    @writing("webhook-endpoints", "replay", WindowInput, ReplayedSchema)
    @once
    def post(self, request: Request, pk: uuid.UUID) -> Written:
        """Send again what was queued in a window of time, with the same ids and bodies."""
        partner = partner_of(request)
        endpoint = ENDPOINTS.find(partner, pk)
        sent = read(WindowInput, request.data)
        deliveries = visible_deliveries(partner).filter(lane__connection=endpoint)
        replayed = replay_window(deliveries, sent["since"], sent["until"], actor=partner)
        return Written({"replayed": replayed})


def check_event_types(request: Request, names: Iterable[str]) -> None:
    """Refuse events about documents that the client may not read."""
    for subject in sorted({document_kind_of(name) for name in names}):
        check_scope(request, f"{subject}s:read")


def _written(partner: Partner, pk: uuid.UUID) -> Written:
    stored = ENDPOINTS.find(partner, pk)
    return Written(represent_endpoint(stored), version=stored.version)


def _with_secret(
    partner: Partner,
    pk: uuid.UUID,
    secret: str,
    status: int = HTTPStatus.OK,
    location: str | None = None,
) -> Written:
    """Answer an endpoint with its new secret, of which only the encrypted answer is kept."""
    stored = ENDPOINTS.find(partner, pk)
    data = {**represent_endpoint(stored), "secret": secret}
    return Written(data, status, location, stored.version, has_secret=True)

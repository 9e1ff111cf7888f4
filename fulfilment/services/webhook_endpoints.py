"""Webhook endpoints: connections that partners register, for what they may see."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from common.advisory_locks import lock_names
from common.errors import DomainError, IllegalTransition, StaleVersion
from common.identifiers import uuid7
from crm.models import Partner
from fulfilment.models import Connection, Secret
from fulfilment.services.connections import (
    check_verified,
    lock_connection,
    resume_connection,
    retry_after_repair,
    rotate_secret,
)

Status = Connection.Status

MOST = 20
"""So many endpoints a partner may have."""


class TooManyEndpoints(DomainError):
    """The partner has as many webhook endpoints as it may have."""

    code = "too_many_endpoints"


class NotVerified(DomainError):
    """The address of a webhook endpoint did not answer the challenge."""

    code = "not_verified"


def endpoints_of(partner: Partner) -> QuerySet[Connection]:
    """Return the endpoints of a partner but those that it deleted."""
    return Connection.objects.filter(partner=partner, removed_at=None).select_related("health")


def lock_endpoint(endpoint_id: uuid.UUID) -> Connection:
    """Lock an endpoint for a change."""
    return lock_connection(Connection(pk=endpoint_id))


@transaction.atomic
def register_endpoint(
    partner: Partner, *, url: str, event_types: Iterable[str]
) -> tuple[Connection, str]:
    """Register an endpoint, which is sent nothing until it is verified; return its secret too."""
    lock_names([f"webhook endpoints of {partner.pk}"])
    if endpoints_of(partner).count() >= MOST:
        raise TooManyEndpoints(
            gettext("%(partner)s has %(most)d webhook endpoints: delete one first.")
            % {"partner": partner, "most": MOST}
        )
    key = uuid7()
    endpoint = Connection.objects.create(
        id=key,
        code=f"endpoint-{key.hex[-20:]}",
        name=_name(partner, url),
        partner=partner,
        url=url,
        event_types=sorted(set(event_types)),
        status=Status.UNVERIFIED,
        gives_references=False,
        answers_look_ups=False,
    )
    return endpoint, rotate_secret(endpoint, Secret.Purpose.OUTBOUND)


def check_verifiable(endpoint: Connection) -> None:
    """Refuse to verify an endpoint that an administrator disabled."""
    if endpoint.is_disabled:
        raise _disabled(endpoint)


def check_test(endpoint: Connection) -> None:
    """Refuse to send a test to an endpoint that is disabled, or has not been verified."""
    check_verifiable(endpoint)
    check_verified(endpoint)


@transaction.atomic
def verify_endpoint(endpoint: Connection) -> None:
    """Send to an endpoint from now on; the caller saw its address answer the challenge."""
    locked = lock_endpoint(endpoint.pk)
    check_verifiable(locked)
    if locked.url != endpoint.url:
        raise StaleVersion(
            gettext(
                "The address of %(connection)s was changed while it was verified: read the "
                "endpoint again, and have its new address verified."
            )
            % {"connection": locked}
        )
    if locked.status == Status.UNVERIFIED:
        locked.status = Status.ACTIVE
    locked.verified_at = timezone.now()
    locked.save(update_fields=["status", "verified_at", "updated_at"])


@transaction.atomic
def change_endpoint(
    endpoint: Connection,
    *,
    url: str | None = None,
    event_types: Iterable[str] | None = None,
    answered: str = "",
) -> None:
    """Change a locked endpoint; ``answered`` is an address that answered the challenge.

    One that is verified keeps to addresses that did, so that no event is missed between the two.
    """
    if event_types is not None:
        endpoint.event_types = sorted(set(event_types))
    if url is not None and url != endpoint.url:
        if endpoint.verified_at is not None and url != answered:
            raise NotVerified(gettext("The new address has not answered the challenge: try again."))
        endpoint.url = url
        assert endpoint.partner is not None  # noqa: S101  # of every endpoint
        endpoint.name = _name(endpoint.partner, url)
    endpoint.save(update_fields=["event_types", "url", "name", "updated_at"])
    if url is not None:
        retry_after_repair(endpoint)


@transaction.atomic
def resume_endpoint(endpoint: Connection) -> None:
    """Send to an endpoint again, at once; not to one that an administrator disabled."""
    if lock_endpoint(endpoint.pk).is_disabled:
        raise _disabled(endpoint)
    resume_connection(endpoint)


@transaction.atomic
def remove_endpoint(endpoint: Connection) -> None:
    """Disable an endpoint for good; what waits is kept for the back office, and never sent."""
    locked = lock_endpoint(endpoint.pk)
    locked.status = Status.DISABLED
    locked.removed_at = timezone.now()
    locked.save(update_fields=["status", "removed_at", "updated_at"])
    Secret.objects.live(Secret.Purpose.OUTBOUND, [locked]).update(expires_at=timezone.now())


def _disabled(endpoint: Connection) -> IllegalTransition:
    return IllegalTransition(
        gettext("%(connection)s was disabled by an administrator: ask them to resume it.")
        % {"connection": endpoint}
    )


def _name(partner: Partner, url: str) -> str:
    """Return what people in the back office read: whose it is, and where it leads."""
    return f"{partner.name[:50]}: {urlsplit(url).hostname}"[:100]

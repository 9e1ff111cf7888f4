"""Routes: which events leave for external systems, and with which snapshot."""

from __future__ import annotations

import pytest

from fulfilment.payloads import invoice_payload, order_payload, quote_payload
from fulfilment.routes import ROUTES
from sales.models.document_kinds import DOCUMENT_KINDS, DocumentKind


@pytest.mark.parametrize("kind", DOCUMENT_KINDS, ids=lambda kind: kind.name)
def test_sends_nothing_about_drafts(kind: DocumentKind) -> None:
    assert not {kind.drafted_event, kind.draft_event} & set(ROUTES)


@pytest.mark.parametrize("name", ROUTES)
def test_sends_the_snapshot_of_the_document_that_the_event_is_about(name: str) -> None:
    snapshots = {
        "quote": quote_payload,
        "order": order_payload,
        "shipment": order_payload,
        "invoice": invoice_payload,
    }

    assert ROUTES[name].payload is snapshots[name.partition(".")[0]]


def test_expects_a_reference_for_what_the_external_system_creates() -> None:
    creating = {name for name, route in ROUTES.items() if route.opens_record}

    assert creating == {"order.submitted", "invoice.issued"}

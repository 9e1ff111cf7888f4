"""What the intake refuses: other methods, and references and days that people cannot read."""

from __future__ import annotations

import pytest
from django.test import Client

from fulfilment.inbound.schemas import InvalidMessage, parse_message
from fulfilment.models import InboundMessage
from sales.models import Invoice, Order
from tests.api.test_intake import assert_refused, post_bytes, signature_of
from tests.factories import Market
from tests.fulfilment.conftest import FarEnd, send
from tests.fulfilment.messages import posted, shortage, status_event

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("method", ["options", "get", "put", "patch", "delete"])
def test_takes_no_other_method(warehouse: FarEnd, method: str) -> None:
    answer = getattr(Client(), method)("/api/v1/intake/warehouse")

    assert_refused(answer, 405, "method_not_allowed")


def test_takes_problem_json_for_json(order: Order, warehouse: FarEnd) -> None:
    headers = signature_of(b"{") | {"Accept": "application/problem+json"}

    assert_refused(post_bytes(b"{", headers), 422, "invalid_message")


def test_answers_a_browser_that_is_signed_in_as_anyone(market: Market, warehouse: FarEnd) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(market.rep)
    form = {"idempotency_key": "0199f3c1-0000-7000-8000-000000000000"}

    answer = browser.post("/api/v1/intake/warehouse", form)  # as multipart/form-data

    assert_refused(answer, 401, "bad_signature")


@pytest.mark.parametrize("text", ["SI\n77", "SI-77\n", "SI\u202e77", "SI\u200b77", "SI\x0777"])
@pytest.mark.parametrize("name", ["id", "source", "correlationid", "order"])
def test_refuses_references_that_people_cannot_read(
    order: Order, warehouse: FarEnd, name: str, text: str
) -> None:
    message = status_event(order)
    (message["data"] if name == "order" else message)[name] = text

    answer = send([message])

    assert [each["result"] for each in answer.json()["results"]] == ["invalid"]
    with pytest.raises(InvalidMessage) as refused:
        parse_message(message)
    assert "It has a line break, or another character that cannot be seen: " in str(
        refused.value.errors_by_field
    )


def test_leaves_such_characters_out_of_words(order: Order, warehouse: FarEnd) -> None:
    message = shortage(order, "2", reason="Sold\u202e out")

    assert send(message).json()["result"] == "applied"

    assert InboundMessage.objects.get().body["data"]["reason"] == "Sold out"


@pytest.mark.parametrize("day", ["2026-W48-1", "20261130", "٢٠٢٦-١١-٣٠", "2026-11-30T00:00"])
def test_refuses_days_that_are_written_otherwise(invoice: Invoice, erp: FarEnd, day: str) -> None:
    message = posted(invoice, "SI-1")
    message["data"]["issued_on"] = day

    assert_refused(send(message, code="erp"), 422, "invalid_message")


@pytest.mark.parametrize("moment", ["2026-W48-1T09:30:00Z", "2026-11-30", "٢٠٢٦-11-30T09:30:00Z"])
def test_refuses_moments_that_are_written_otherwise(
    order: Order, warehouse: FarEnd, moment: str
) -> None:
    assert_refused(send(status_event(order, time=moment)), 422, "invalid_message")

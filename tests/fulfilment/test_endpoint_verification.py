"""Verification of webhook endpoints: a signed challenge that the address has to repeat."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from crm.models import Partner
from fulfilment import signing
from fulfilment.models import Attempt
from fulfilment.outbound.endpoint_verification import challenge_endpoint
from fulfilment.services.webhook_endpoints import NotVerified, register_endpoint

pytestmark = pytest.mark.django_db


def test_signs_a_challenge_that_is_another_one_each_time(httpserver: HTTPServer) -> None:
    sent: list[dict[str, Any]] = []
    url = f"http://127.0.0.1:{httpserver.port}/hooks"
    partner = Partner.objects.create(name="Reseller")
    endpoint, secret = register_endpoint(partner, url=url, event_types=["order.held"])

    def repeat(request: Request) -> Response:
        signing.verify(dict(request.headers), request.get_data(), [secret])
        sent.append(json.loads(request.get_data()))
        return Response(json.dumps({"challenge": sent[-1]["data"]["challenge"]}))

    httpserver.expect_request("/hooks", method="POST").respond_with_handler(repeat)

    challenge_endpoint(endpoint)
    challenge_endpoint(endpoint, url)

    assert [each["type"] for each in sent] == ["throughline.endpoint.challenged"] * 2
    assert {each["source"] for each in sent} == {f"/webhook-endpoints/{endpoint.pk}"}
    assert sent[0]["data"] != sent[1]["data"]
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("answer", ["", "[]", "null", '{"challenge": null}', '{"challenge": ""}'])
def test_refuses_an_answer_without_the_challenge(httpserver: HTTPServer, answer: str) -> None:
    httpserver.expect_request("/hooks", method="POST").respond_with_data(answer)
    url = f"http://127.0.0.1:{httpserver.port}/hooks"
    partner = Partner.objects.create(name="Reseller")
    endpoint, _secret = register_endpoint(partner, url=url, event_types=["order.held"])

    with pytest.raises(NotVerified, match="The address answered, but not with the challenge"):
        challenge_endpoint(endpoint)

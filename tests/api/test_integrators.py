"""What partners read, docs/integrators.md, OpenAPI and AsyncAPI, compared with the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.utils import timezone
from rest_framework import serializers
from standardwebhooks.webhooks import Webhook

from api.asyncapi import describe
from api.contract import DEADLINE, LARGEST_BODY, MOST_AT_ONCE
from api.schemas import outgoing_event_schemas
from api.views.intake import ReceiptSchema
from common.fields import LONGEST_REFERENCE
from fulfilment import signing
from fulfilment.connectors.webhook import ANSWER_BYTES, WebhookConnector
from fulfilment.inbound.intake import DEFERRED_FOR
from fulfilment.inbound.schemas import DEEPEST, event_schemas
from fulfilment.models import Attempt, Connection
from fulfilment.models.connections import LONGEST_DEADLINE
from fulfilment.models.tolerances import TOLERATED
from fulfilment.outbound.retry_schedule import REFUSED_PAUSES
from tests.fulfilment.conftest import SECRET_OUT
from tests.fulfilment.webhook_far_end import target

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
INTEGRATORS = (DOCS / "integrators.md").read_text()
TEXTS = {
    name: (DOCS / name).read_text() for name in ("integrators.md", "openapi.yaml", "asyncapi.yaml")
}
CODE_SPAN = re.compile(r"`([^`]+)`")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
Outcome = Attempt.Outcome


@cache
def written() -> frozenset[str]:
    """Every name that integrators.md sets as code, in a sentence or in an example."""
    spans = CODE_SPAN.findall(INTEGRATORS.replace("```", "\n"))
    examples = re.findall(r"```http\n(.*?)```", INTEGRATORS, re.DOTALL)
    return frozenset(word for text in (*spans, *examples) for word in WORD.findall(text))


def keys_of(schema: Any) -> Iterator[str]:
    """Every key of a message, those within others too."""
    if isinstance(schema, serializers.ListSerializer):
        yield from keys_of(schema.child)
    if isinstance(schema, serializers.Serializer):
        for name, field in schema.fields.items():
            yield name
            yield from keys_of(field)


def events() -> dict[str, Any]:
    """The schema of every message, sent and received, by its type."""
    return {**outgoing_event_schemas(), **event_schemas()}


def properties_in(value: Any) -> Iterator[str]:
    """Every property that a JSON Schema anywhere in a description has."""
    if isinstance(value, list):
        for each in value:
            yield from properties_in(each)
    if isinstance(value, dict):
        properties = value.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for each in value.values():
            yield from properties_in(each)


@pytest.mark.parametrize("name", sorted(events()))
def test_names_every_type_of_message_in_all_three(name: str) -> None:
    assert name in written()
    assert name in describe()["components"]["messages"]
    mapping = {
        type_
        for schema in yaml.safe_load(TEXTS["openapi.yaml"])["components"]["schemas"].values()
        for type_ in schema.get("discriminator", {}).get("mapping", {})
    }
    assert name in mapping


@pytest.mark.parametrize("name", sorted(events()))
def test_names_every_key_of_a_message_in_all_three(name: str) -> None:
    keys = set(keys_of(events()[name]()))

    assert keys - written() == set()
    assert keys - set(properties_in(yaml.safe_load(TEXTS["openapi.yaml"]))) == set()
    assert keys - set(properties_in(describe())) == set()


def test_names_no_type_of_message_that_there_is_not() -> None:
    rows = re.findall(
        r"^\| `((?:throughline|warehouse|erp|supply)\.[a-z_.]+)` \|", INTEGRATORS, re.MULTILINE
    )

    assert sorted(rows) == sorted(events())


@pytest.mark.parametrize("document", sorted(TEXTS))
@pytest.mark.parametrize(
    "fact",
    [
        f"{LARGEST_BODY // 1024} KiB",
        f"array of up to {MOST_AT_ONCE}",
        f"{ANSWER_BYTES // 1024} KiB of",
        f"{DEADLINE} s",
        f"1 to {LONGEST_DEADLINE} s",
        f"up to {LONGEST_REFERENCE} characters",
        f"{DEEPEST} levels",
        f"{len(REFUSED_PAUSES) + 1} attempts",
        f"{int(DEFERRED_FOR.total_seconds() // 3600)} hours",
        "five minutes",
        *("gives_references", "answers_look_ups", "tolerance", *TOLERATED),
        *("202", "3xx", "410", "Retry-After", "/{webhook-id}", "over `{}`", "invalid", "results"),
    ],
)
def test_states_every_limit_in_all_three(document: str, fact: str) -> None:
    text = re.sub(r"\s+", " ", TEXTS[document].replace("\\", ""))

    assert fact in text


def test_describes_every_setting_that_a_person_chooses() -> None:
    chosen = {
        field.name
        for field in Connection._meta.fields
        if field.editable and field.name not in {"id", "name", "kind", "status"}
    }
    described = re.findall(r"^\| `([a-z_]+)` \|", INTEGRATORS, re.MULTILINE)

    assert chosen - set(described) == set()
    assert set(Connection.Duty.values) <= written()


def test_describes_every_result_of_a_report() -> None:
    result: Any = ReceiptSchema().fields["result"]
    choices = set(result.choices)
    table = INTEGRATORS.partition("| `result` | meaning |")[2].partition("\n\n")[0]

    assert set(re.findall(r"^\| `([a-z]+)` \|", table, re.MULTILINE)) == choices
    assert choices <= set(re.findall(r"[a-z]+", TEXTS["asyncapi.yaml"]))
    assert set(ReceiptSchema().fields) <= written()


def test_describes_every_refusal_of_the_intake() -> None:
    source = (ROOT / "api" / "views" / "intake.py").read_text()
    raised = set(re.findall(r'HTTP_(\d{3})_\w+, "([a-z_]+)"', source))
    raised |= {("400", "duplicate_key"), ("422", "invalid_message"), ("422", "message_changed")}
    raised.add(("406", "not_acceptable"))
    raised |= {("401", "invalid_token"), ("403", "insufficient_scope"), ("404", "not_found")}
    table = INTEGRATORS.partition("| status | `code` |")[2].partition("\n\n")[0]
    openapi = yaml.safe_load(TEXTS["openapi.yaml"])
    answers = openapi["paths"]["/api/v1/intake/{code}"]["post"]["responses"]

    assert set(re.findall(r"^\| (\d{3}) \| `([a-z_]+)` \|", table, re.MULTILINE)) == raised
    assert {status for status, _ in raised} | {"200"} == set(answers)


STATUSES = {
    "200": Outcome.DONE, "201": Outcome.DONE, "202": Outcome.DONE,
    "3xx": Outcome.BLOCKED, "401": Outcome.AUTH_FAILED, "403": Outcome.AUTH_FAILED,
    "410": Outcome.GONE, "429": Outcome.BUSY, "503 with Retry-After": Outcome.BUSY,
    "408": Outcome.UNREACHABLE, "425": Outcome.UNREACHABLE, "5xx": Outcome.UNREACHABLE,
    **dict.fromkeys(("400", "404", "405", "409", "413", "422", "any other 4xx"), Outcome.REFUSED),
}  # fmt: skip


def test_tells_apart_in_its_table_what_we_tell_apart() -> None:
    table = INTEGRATORS.partition("| your answer | what happens |")[2].partition("\n\n")[0]
    rows = [row.split("|")[1].replace("`", "") for row in table.splitlines()[2:]]
    listed = [re.split(r", or |, ", row.strip()) for row in rows]

    outcomes = [{STATUSES[each] for each in row if each in STATUSES} for row in listed]
    assert all(len(found) == 1 for found in outcomes), list(zip(listed, outcomes, strict=True))
    named = [each for row in listed for each in row]
    assert sorted(set(named) - STATUSES.keys()) == ["no connection", "other 2xx"]
    assert sorted(STATUSES.keys() - set(named)) == []


@pytest.mark.parametrize(("status", "outcome"), sorted(STATUSES.items()))
def test_does_with_every_answer_what_the_table_says(status: str, outcome: str) -> None:
    code = int(re.sub("x", "0", status.removeprefix("any other ").partition(" ")[0]))
    headers = {"Retry-After": "5"} if "Retry-After" in status else {}
    connector = object.__new__(WebhookConnector)
    connector._target = target("https://erp.example/hooks")

    if outcome == Outcome.DONE:
        assert connector._interpret(code, headers, b"").status == code
    else:
        assert connector._refusal(code, headers, "").outcome == outcome


def test_verifies_a_look_up_as_the_document_says() -> None:
    headers = signing.sign_look_up("evt_1", [SECRET_OUT], at=timezone.now())

    assert 'webhook.verify("{}", headers)' in INTEGRATORS
    assert Webhook(SECRET_OUT).verify("{}", headers) == {}

"""AsyncAPI 3 description of all outgoing and incoming messages, generated from the registries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.plumbing import ComponentRegistry
from rest_framework import serializers
from rest_framework.views import APIView

from api.contract import RECEIVING, REPORTING
from api.openapi import ComponentSchema
from api.schemas import document_of, outgoing_schemas
from api.supply_schemas import KIND, supply_schemas
from api.views.intake import ReceiptListSchema, ReceiptSchema
from fulfilment.cloudevents import CONTENT_TYPE, TYPE_PREFIX
from fulfilment.inbound.fields import SEQUENCE
from fulfilment.inbound.schemas import SCHEMAS

Schema = dict[str, Any]

HEADERS: Schema = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": {
            "type": "string",
            "description": "The event's id; the same on every attempt.",
        },
        "webhook-timestamp": {"type": "string", "description": "Seconds since 1970."},
        "webhook-signature": {
            "type": "string",
            "description": "Standard Webhooks: v1,<base64> for each live secret, space-separated.",
        },
    },
}


REPORTED: Schema = {
    "knows": {
        "type": "string",
        "pattern": "^[0-9]{1,20}$",
        "description": "The highest sequence of our events about the document that is applied.",
    },
    "correction": {
        "type": "boolean",
        "default": False,
        "description": "Replaces what was reported with lower sequences, downwards too.",
    },
}
"""What only reports have in their envelope."""


class SchemaCollector(ComponentSchema):
    """Turns serializers into JSON Schemas, and collects those they refer to."""

    def __init__(self) -> None:
        self.registry = ComponentRegistry()
        self.view = APIView()
        self.view.request = None  # type: ignore[assignment]  # generated without one
        self.method, self.path = "POST", "/"

    def refer(self, serializer: type[serializers.Serializer[Any]]) -> Schema:
        """Return a reference to the JSON Schema of a serializer."""
        reference: Schema = self.resolve_serializer(serializer(), "request").ref
        return reference

    @property
    def schemas(self) -> dict[str, Schema]:
        """Every schema referred to so far, by name."""
        components = self.registry._components.items()
        return {name: _without_generator_notes(each.schema) for (name, _), each in components}


def describe() -> Schema:
    """Return the whole description."""
    collector = SchemaCollector()
    outgoing = {
        TYPE_PREFIX + name: _outgoing(name, collector.refer(schema))
        for name, schema in outgoing_schemas().items()
    }
    to_supply = {
        f"{KIND}.{TYPE_PREFIX}{name}": _outgoing(name, collector.refer(schema))
        for name, schema in supply_schemas().items()
    }
    incoming = {
        name: _message(name, collector.refer(schema), f"/{name.partition('.')[0]}", REPORTED)
        for name, schema in SCHEMAS.items()
    }
    results = {
        name: {"name": name, "contentType": "application/json", "payload": collector.refer(schema)}
        for name, schema in {"result": ReceiptSchema, "results": ReceiptListSchema}.items()
    }
    messages = outgoing | to_supply | incoming | results
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Throughline",
            "version": "1",
            "description": f"{RECEIVING}\n\n{REPORTING}",
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": _channels(outgoing, to_supply, incoming, results),
        "operations": {
            "sendEvent": _operation("send", "outgoing"),
            "sendEventToSupplySystem": _operation("send", "outgoing_supply"),
            "receiveReport": _operation("receive", "incoming")
            | {"reply": {"channel": {"$ref": "#/channels/results"}}},
        },
        "components": {"messages": messages, "schemas": _sorted(collector.schemas)},
    }


def _channels(
    outgoing: Mapping[str, Schema],
    to_supply: Mapping[str, Schema],
    incoming: Mapping[str, Schema],
    results: Mapping[str, Schema],
) -> Schema:
    return {
        "outgoing": _channel("{connection}", outgoing, "The URL of the external system."),
        "outgoing_supply": _channel("{connection}", to_supply, "The URL of a supply-chain system."),
        "incoming": _channel(
            "/api/v1/intake/{connection}", incoming, "The code of the connection."
        ),
        "results": {"address": None, "messages": _references(results)},
    }


def _outgoing(name: str, data: Schema) -> Schema:
    more = {
        "timestamp": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "causationid": {"type": "string", "description": "The id of what caused it."},
    }
    return _message(TYPE_PREFIX + name, data, f"/{document_of(name)}s/<id>", more)


def _message(name: str, data: Schema, source: str, more: Schema) -> Schema:
    return {
        "name": name,
        "contentType": CONTENT_TYPE,
        "headers": HEADERS,
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "sequence", "data"],
            "properties": {
                "specversion": {"const": "1.0"},
                "id": {"type": "string"},
                "source": {"type": "string", "examples": [source]},
                "type": {"const": name},
                "subject": {"type": "string", "description": "Our number of the document."},
                "time": {"type": "string", "format": "date-time"},
                "sequence": {
                    "type": "string",
                    "pattern": SEQUENCE,
                    "description": "Zero-padded; counts within the source.",
                },
                "correlationid": {"type": "string"},
                **more,
                "data": data,
            },
        },
    }


def _channel(address: str, messages: Mapping[str, Schema], parameter: str) -> Schema:
    return {
        "address": address,
        "parameters": {"connection": {"description": parameter}},
        "messages": _references(messages),
    }


def _references(messages: Mapping[str, Schema]) -> Schema:
    return {name: {"$ref": f"#/components/messages/{name}"} for name in messages}


def _operation(action: str, channel: str) -> Schema:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}}


def _without_generator_notes(schema: Any) -> Any:
    """Remove the generator's own notes: enum ids, and descriptions that repeat the enum."""
    if isinstance(schema, list):
        return [_without_generator_notes(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_generator_notes(value)
        for key, value in schema.items()
        if key != "x-spec-enum-id" and not (key == "description" and str(value).startswith("* `"))
    }


def _sorted(schemas: Mapping[str, Schema]) -> dict[str, Schema]:
    return {name: schemas[name] for name in sorted(schemas)}

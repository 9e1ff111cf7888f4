"""Every address of ours, for tests that try strangers on every door."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.urls import URLResolver, get_resolver, reverse

OURS = ("crm", "sales", "fulfilment")
NOBODY = uuid.UUID(int=1)
SAMPLES: dict[str, Any] = {
    "kind": "quotes",
    "app": "crm",
    "model": "lead",
    "code": "SPRING",
    "figure": "total",
    "status": "shipped",
}


def every_url() -> list[str]:
    """List the address of every screen and deed, with records that do not exist."""
    addresses = ["/", "/search/"]
    for namespace in OURS:
        _, resolver = get_resolver().namespace_dict[namespace]
        for name, converters in _doors(resolver):
            values = {each: SAMPLES.get(each, NOBODY) for each in converters}
            addresses.append(reverse(f"{namespace}:{name}", kwargs=values))
    return addresses


def _doors(resolver: URLResolver, above: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    for pattern in resolver.url_patterns:
        names = (*above, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from _doors(pattern, names)
        elif pattern.name:
            yield pattern.name, set(names)

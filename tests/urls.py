"""Every URL of the browser UI, for tests that try them as a stranger."""

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
    """List the URL of every screen and action, with ids of records that do not exist."""
    urls = ["/", "/search/"]
    for namespace in OURS:
        _, resolver = get_resolver().namespace_dict[namespace]
        for name, converters in _url_names(resolver):
            values = {each: SAMPLES.get(each, NOBODY) for each in converters}
            urls.append(reverse(f"{namespace}:{name}", kwargs=values))
    return urls


def _url_names(
    resolver: URLResolver, above: tuple[str, ...] = ()
) -> Iterator[tuple[str, set[str]]]:
    for pattern in resolver.url_patterns:
        names = (*above, *pattern.pattern.converters)
        if isinstance(pattern, URLResolver):
            yield from _url_names(pattern, names)
        elif pattern.name:
            yield pattern.name, set(names)

"""Audit context: the actor and request that the database stores with each history row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pghistory
from django.db import connection

from crm.actors import Actor, System, actor_kind
from crm.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

READS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_open: ContextVar[Any] = ContextVar("open_history", default=None)


@contextmanager
def acting(actor: Actor | None = None, **circumstances: str) -> Iterator[None]:
    """Record the changes made inside under the actor's name, if it is known yet."""
    with pghistory.context() as history:
        before = dict(history.metadata)
        history.metadata.update(circumstances, **(facts_of(actor) if actor else {}))
        token = _open.set(history)
        try:
            yield
        finally:
            _open.reset(token)
            history.metadata.clear()
            history.metadata.update(before)


def name_actor(actor: Actor) -> None:
    """Set the actor's name on the history of this transaction, written already or not."""
    history = _open.get()
    if history is None or facts_of(actor).items() <= history.metadata.items():
        return
    history.metadata.update(facts_of(actor))
    with connection.cursor() as cursor:
        cursor.execute("VALUES (_pgh_attach_context())")


def facts_of(actor: Actor) -> dict[str, str]:
    """Describe the actor as history keeps it."""
    facts = {"actor_kind": actor_kind(actor), "actor": str(actor)}
    if isinstance(actor, System):
        return {**facts, "connection": actor.connection} if actor.connection else facts
    return {**facts, "actor_id": str(actor.pk)}


class HistoryMiddleware:
    """Middleware: stores who is signed in, and the page, with all that a request changes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request in the name of its user; a partner is named by its actions."""
        if request.method in READS:
            return self.get_response(request)
        person = request.user if isinstance(request.user, User) else None
        with acting(person, url=request.path):
            return self.get_response(request)

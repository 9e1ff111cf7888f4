"""Fuzz of every entry point: whatever is typed or sent is refused in words, never by an error 500.

Each field of each form of the UI and of the admin, each filter, each search and each value of an
inbound message gets values that no screen would offer. A form counts once, on however many records
it stands. Every run tries each field with ``WORST_OF_EACH`` of the worst values, which ones
``FUZZ_SEED`` decides, and ``FUZZ_INPUTS`` more of all values.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import reverse

from crm.models import User
from tests.fuzz.nasty import NASTY, WORST
from tests.html_forms import HtmlForm, forms_in
from tests.web.one_of_each import OneOfEach, one_of_each, shop
from tests.web.pages import every_page

pytestmark = pytest.mark.django_db

INPUTS = int(os.environ.get("FUZZ_INPUTS", "200"))
WORST_OF_EACH = int(os.environ.get("FUZZ_WORST_OF_EACH", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "20261129"))
KEPT = frozenset({"csrfmiddlewaretoken"})
FILTERS = ("q", "page", "after", "sort", "owner", "status", "o", "p", "id__exact")
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")
NEW_ROW = "__prefix__"


@dataclass(frozen=True)
class Attempt:
    """One request with one nasty value."""

    method: str
    url: str
    data: dict[str, str]
    field: str
    by_htmx: bool = False

    @property
    def place(self) -> tuple[str, str, str]:
        """The form and the field, whichever record they are of."""
        path = AN_ID.sub("#", self.url.split("?")[0])
        return self.method, path, AN_ID.sub("#", self.field)

    def __str__(self) -> str:
        how = "htmx " if self.by_htmx else ""
        return f"{how}{self.method} {self.url} with {self.field} = {self.data[self.field][:60]!r}"


@dataclass(frozen=True)
class World:
    """Records of every kind, and somebody who may do everything."""

    one: OneOfEach
    client: Client


@pytest.fixture
def world() -> World:
    market, approver = shop()
    one = one_of_each(market, approver, 2)
    User.objects.filter(pk=approver.pk).update(is_staff=True, is_superuser=True)
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(pk=approver.pk))
    return World(one, client)


def ui_pages(world: World) -> list[str]:
    """List the pages of the UI."""
    return list(every_page(world.one).values())


def admin_pages(_: World) -> list[str]:
    """List the admin's list, its form for a new record and that of one record, of every model."""
    found = []
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        record = model._default_manager.order_by("pk").first()
        found += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if record is not None:
            found.append(reverse(f"{name}_change", args=[record.pk]))
    return found


def attempts(world: World, pages: list[str]) -> list[Attempt]:
    """Give every field of every form on these pages every nasty value, once for each form."""
    every = {
        (attempt.place, attempt.data[attempt.field], attempt.by_htmx): attempt
        for url in pages
        for attempt in _on_page(world, url)
    }
    return [every[key] for key in sorted(every)]


def _on_page(world: World, url: str) -> Iterator[Attempt]:
    page = world.client.get(url)
    if page.status_code != 200:
        return
    path = url.split("?", maxsplit=1)[0]
    forms = [*forms_in(page.content.decode()), *(HtmlForm(path, "get", {f: ""}) for f in FILTERS)]
    for form in forms:
        target = form.action or url
        if target.startswith("/") and "logout" not in target:
            yield from _of_form(form, target)


def _of_form(form: HtmlForm, target: str) -> Iterator[Attempt]:
    fields = _with_new_rows(form.fields)
    for name in fields.keys() - KEPT:
        for value in NASTY:
            for by_htmx in (False, True):
                yield Attempt(form.method, target, {**fields, name: value}, name, by_htmx)


def _with_new_rows(fields: dict[str, str]) -> dict[str, str]:
    """Turn the rows that scripts copy in the admin into rows that are sent."""
    rows = {name.split("-")[0] for name in fields if NEW_ROW in name}
    counts = {row: fields[f"{row}-TOTAL_FORMS"] for row in rows}
    named = {
        name.replace(NEW_ROW, counts[name.split("-")[0]]) if NEW_ROW in name else name: value
        for name, value in fields.items()
    }
    return named | {f"{row}-TOTAL_FORMS": str(int(count) + 1) for row, count in counts.items()}


def some_of(every: list[Attempt]) -> list[Attempt]:
    """Choose some of the worst values for each field of each form, and some of all attempts."""
    chance = random.Random(SEED)
    worst: dict[object, list[Attempt]] = {}
    for attempt in every:
        if attempt.data[attempt.field] in WORST:
            worst.setdefault(attempt.place, []).append(attempt)
    of_each = [one for found in worst.values() for one in chance.sample(found, WORST_OF_EACH)]
    return [*of_each, *chance.sample(every, min(INPUTS, len(every)))]


def breaks(world: World, attempt: Attempt) -> str:
    """Send a request and take back what it did; return what broke."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                status = _send(world.client, attempt)
                connection.check_constraints()
        except Error as error:
            transaction.set_rollback(True)
            return f"{attempt}: {error}"
        transaction.set_rollback(True)
    return f"{attempt}: {status}" if status >= 500 else ""


def _send(client: Client, attempt: Attempt) -> int:
    headers = {"HX-Request": "true"} if attempt.by_htmx else {}
    if attempt.method == "post":
        return client.post(attempt.url, attempt.data, headers=headers).status_code
    url = f"{attempt.url.split('?')[0]}?{urlencode(attempt.data)}"
    return client.get(url, headers=headers).status_code


@pytest.mark.parametrize("pages", [ui_pages, admin_pages])
def test_no_input_is_an_internal_error(world: World, pages: Callable[[World], list[str]]) -> None:
    every = attempts(world, pages(world))
    tried = some_of(every)

    broken = [found for attempt in tried if (found := breaks(world, attempt))]

    assert {attempt.place for attempt in tried} == {attempt.place for attempt in every}
    assert len(every) > 5000
    assert not broken, "\n".join(broken)

"""Fuzz of every entry point: whatever is typed or sent is refused in words, never by an error 500.

Each field of each form of the UI and of the admin, each filter, each search and each value of an
inbound message gets values that no screen would offer. A form counts once, on however many records
it stands. Which values are tried ``FUZZ_SEED`` decides: of the fields of one name in the UI, one
gets one of the worst, as do one field of the UI in four and one of the admin in eight, and
``FUZZ_INPUTS`` more of all values go anywhere. With ``FUZZ_WORST_OF_EACH``, as in ``make fuzz``,
each field gets so many, in the admin too.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
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

INPUTS = int(os.environ.get("FUZZ_INPUTS", "100"))
WORST_OF_EACH = int(os.environ.get("FUZZ_WORST_OF_EACH", "0"))
BY_HTMX = 0.3
ONE_IN_UI, ONE_IN_ADMIN = 4, 8
SEED = int(os.environ.get("FUZZ_SEED", "20261129"))
KEPT = frozenset({"csrfmiddlewaretoken"})
FILTERS = ("q", "page", "after", "sort", "owner", "status", "o", "p", "id__exact")
AN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+")
NEW_ROW = "__prefix__"


@dataclass(frozen=True, eq=False)
class Input:
    """A field of a form, with what the form's other fields hold."""

    method: str
    url: str
    others: Mapping[str, str]
    field: str

    @property
    def place(self) -> tuple[str, str, str]:
        """The form and the field, whichever record they are of."""
        path = AN_ID.sub("#", self.url.split("?")[0])
        return self.method, path, AN_ID.sub("#", self.field)


@dataclass(frozen=True)
class Attempt:
    """One request with one nasty value."""

    at: Input
    value: str
    by_htmx: bool

    def __str__(self) -> str:
        how = "htmx " if self.by_htmx else ""
        where = f"{how}{self.at.method} {self.at.url} with {self.at.field}"
        return f"{where} = {self.value[:60]!r}"


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


def inputs(world: World, pages: list[str]) -> list[Input]:
    """List the fields of the forms on these pages, each form once."""
    found: dict[object, Input] = {}
    for url in pages:
        for each in _on_page(world, url):
            found.setdefault(each.place, each)
    return [found[place] for place in sorted(found)]  # type: ignore[type-var]  # names


def _on_page(world: World, url: str) -> Iterator[Input]:
    page = world.client.get(url)
    if page.status_code != 200:
        return
    path = url.split("?", maxsplit=1)[0]
    filters = (HtmlForm(path, "get", {name: ""}) for name in FILTERS)
    for form in (*forms_in(page.content.decode()), *filters):
        target = form.action or url
        if target.startswith("/") and "logout" not in target:
            fields = _with_new_rows(form.fields)
            for name in fields.keys() - KEPT:
                yield Input(form.method, target, fields, name)


def _with_new_rows(fields: dict[str, str]) -> dict[str, str]:
    """Turn the rows that scripts copy in the admin into rows that are sent."""
    rows = {name.split("-")[0] for name in fields if NEW_ROW in name}
    counts = {row: fields[f"{row}-TOTAL_FORMS"] for row in rows}
    named = {
        name.replace(NEW_ROW, counts[name.split("-")[0]]) if NEW_ROW in name else name: value
        for name, value in fields.items()
    }
    return named | {f"{row}-TOTAL_FORMS": str(int(count) + 1) for row, count in counts.items()}


def some_fields(every: list[Input], one_in: int, chance: random.Random) -> list[Input]:
    """Choose one field in so many, and in the UI one of each name, whatever form it is in."""
    mixed = chance.sample(every, len(every))
    some = mixed[: len(every) // one_in]
    if one_in > ONE_IN_UI:
        return some
    named = {each.place[2]: each for each in mixed[::-1]}
    return list(dict.fromkeys([*some, *named.values()]))


def some_attempts(every: list[Input], one_in: int) -> list[Attempt]:
    """Choose some of the worst values for these fields, and some of all attempts."""
    chance = random.Random(SEED)
    fields = every if WORST_OF_EACH else some_fields(every, one_in, chance)
    of_each = [(at, value) for at in fields for value in chance.sample(WORST, WORST_OF_EACH or 1)]
    of_all = [(chance.choice(every), chance.choice(NASTY)) for _ in range(INPUTS)]
    return [Attempt(at, value, chance.random() < BY_HTMX) for at, value in of_each + of_all]


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
    at, headers = attempt.at, {"HX-Request": "true"} if attempt.by_htmx else {}
    data = {**at.others, at.field: attempt.value}
    if at.method == "post":
        return client.post(at.url, data, headers=headers).status_code
    return client.get(f"{at.url.split('?')[0]}?{urlencode(data)}", headers=headers).status_code


@pytest.mark.parametrize(("pages", "one_in"), [(ui_pages, ONE_IN_UI), (admin_pages, ONE_IN_ADMIN)])
def test_no_input_is_an_internal_error(
    world: World, pages: Callable[[World], list[str]], one_in: int
) -> None:
    every = inputs(world, pages(world))
    tried = some_attempts(every, one_in)

    broken = [found for attempt in tried if (found := breaks(world, attempt))]

    assert len(every) * len(NASTY) > 5000
    assert len({attempt.at for attempt in tried}) >= len(every) // one_in
    assert not broken, "\n".join(broken)

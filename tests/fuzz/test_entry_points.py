"""Fuzz of every entry point: whatever is typed or sent is refused in words, never by an error 500.

Each field of each form of the UI and of the admin, each filter, each search and each value of an
inbound message gets values that no screen would offer. ``FUZZ_INPUTS`` sets how many are tried.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import Error, connection, transaction
from django.test import Client
from django.urls import reverse

from crm.models import User
from tests.fuzz.nasty import NASTY
from tests.html_forms import HtmlForm, forms_in
from tests.web.one_of_each import OneOfEach, one_of_each, shop
from tests.web.pages import every_page

pytestmark = pytest.mark.django_db

INPUTS = int(os.environ.get("FUZZ_INPUTS", "400"))
SEED = int(os.environ.get("FUZZ_SEED", "20261129"))
KEPT = frozenset({"csrfmiddlewaretoken"})


@dataclass(frozen=True)
class Attempt:
    """One request with one nasty value."""

    method: str
    url: str
    data: dict[str, str]
    field: str

    def __str__(self) -> str:
        return f"{self.method} {self.url} with {self.field} = {self.data[self.field][:60]!r}"


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


def attempts(world: World, pages: list[str]) -> Iterator[Attempt]:
    """Give every field of every form on these pages every nasty value."""
    for url in pages:
        page = world.client.get(url)
        if page.status_code != 200:
            continue
        for form in forms_in(page.content.decode()):
            yield from _of_form(form, url)
        for name in ("q", "page", "after", "sort", "owner", "status", "o", "p", "id__exact"):
            for value in NASTY:
                yield Attempt("get", url.split("?")[0], {name: value}, name)


def _of_form(form: HtmlForm, url: str) -> Iterator[Attempt]:
    target = form.action or url
    if not target.startswith("/") or "logout" in target:
        return
    for name in form.fields.keys() - KEPT:
        for value in NASTY:
            yield Attempt(form.method, target, {**form.fields, name: value}, name)


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
    if attempt.method == "post":
        return client.post(attempt.url, attempt.data).status_code
    return client.get(f"{attempt.url.split('?')[0]}?{urlencode(attempt.data)}").status_code


@pytest.mark.parametrize("pages", [ui_pages, admin_pages])
def test_no_input_is_an_internal_error(world: World, pages: Callable[[World], list[str]]) -> None:
    every = sorted(attempts(world, pages(world)), key=str)
    tried = random.Random(SEED).sample(every, min(INPUTS, len(every)))

    broken = [found for attempt in tried if (found := breaks(world, attempt))]

    assert len(every) > 5000
    assert not broken, "\n".join(broken)

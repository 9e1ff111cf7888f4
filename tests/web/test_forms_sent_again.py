"""Every form that makes something, sent twice at once or again later: it is done once."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import resolve
from pghistory.models import Context
from pytest_django import DjangoDbBlocker

from crm.models import User
from fulfilment.services.shipments import record_shipment
from sales.services.invoices import issue_invoice
from sales.services.order_invoices import invoice_order
from tests.concurrency import run_concurrently
from tests.database_cleanup import delete_all_rows
from tests.factories import UserFactory
from tests.html_forms import HtmlForm, forms_in
from tests.web.creating_forms import CARRIER, CREATING, CreatingForm
from tests.web.one_of_each import OneOfEach, one_of_each, shop
from tests.web.pages import every_page
from web.form_fields import IDEMPOTENCY_KEY

AT_ONCE = int(os.environ.get("AT_ONCE", "2"))
HTMX = {"HX-Request": "true"}
KEYLESS = {
    "account_logout",
    "theme",
    "sales:line-change",
    "sales:quote-detail",
    "sales:order-detail",
    "sales:invoice-detail",
}
"""Where a form leads that only sets a value; on documents, the buttons of the rows of a draft."""

PROBLEM = re.compile(r'role="alert".*?<div>([^<]+)</div>', re.DOTALL)
SAID = "This was done already, and was not done again."


@dataclass(frozen=True)
class Bench:
    """One of each record, kept for all tests of this file, and somebody who may do everything."""

    one: OneOfEach
    person: User

    def client(self, session: Client | None = None) -> Client:
        """A browser: the same one as another, or one where the person signs in now."""
        browser = Client(enforce_csrf_checks=True)
        if session is None:
            browser.force_login(self.person)
        else:
            browser.cookies.update(session.cookies)
        return browser


@pytest.fixture(scope="module")
def bench(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Bench]:
    with django_db_blocker.unblock():
        delete_all_rows()
        market, approver = shop()
        one = one_of_each(market, approver, 2)
        goods = {line.pk: Decimal(10) for line in one.order.lines.filter(kind="product")}
        record_shipment(one.order.pk, actor=market.rep, lines=goods, carrier=CARRIER)
        drafted = invoice_order(one.order.pk, actor=market.rep, what="lines", quantities=goods)
        one = replace(one, invoice=issue_invoice(drafted.pk, actor=market.rep))
        yield Bench(one, UserFactory.create(is_superuser=True))
        delete_all_rows()


def read_form(browser: Client, form: CreatingForm, one: OneOfEach, **headers: Any) -> HtmlForm:
    """Open the page, or the dialog, and read the form."""
    url = form.page(one)
    shown = browser.get(url, headers=headers)
    assert shown.status_code == 200
    [found] = [
        each
        for each in forms_in(shown.content.decode())
        if IDEMPOTENCY_KEY in each.fields
        and (form.below in each.action if form.below else each.action in {"", url})
    ]
    found.action = found.action or url
    return found


def target(answer: Any) -> str:
    """Where an answer leads, for a browser or for htmx."""
    return str(answer.headers.get("Location") or answer.headers.get("HX-Redirect", ""))


def times_done(form: HtmlForm) -> int:
    """How many requests to a form's URL changed anything: each has its row in the history."""
    return Context.objects.filter(metadata__url=form.action).count()


def problems(answers: Sequence[Any]) -> set[str]:
    """What refused answers say is wrong."""
    return {error for answer in answers for error in PROBLEM.findall(answer.content.decode())}


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("name", CREATING)
def test_is_done_once(bench: Bench, name: str, headers: dict[str, str]) -> None:
    form, one = CREATING[name], bench.one
    browser = bench.client()
    asked = read_form(browser, form, one, **headers)
    typed = form.answers(asked, one)
    made = form.makes._default_manager
    before, done = made.count(), times_done(asked)

    browsers = [bench.client(browser) for _ in range(AT_ONCE)]
    answers = run_concurrently(
        *(partial(each.post, asked.action, typed, headers=headers) for each in browsers)
    )

    assert {answer.status_code for answer in answers} == {200 if headers else 302}, problems(
        answers
    )
    new = made.count() - before
    assert (new > 0, times_done(asked) - done) == (True, 1)
    [led_to] = {target(answer) for answer in answers} - {""}
    pages = [each.get(led_to).content.decode() for each in browsers]
    assert [SAID in page for page in pages].count(False) == 1

    later = bench.client(browser)
    back = later.post(asked.action, typed, headers=headers)
    assert (made.count() - before, target(back)) == (new, led_to)
    assert SAID in later.get(led_to).content.decode()

    fresh = form.answers(read_form(browser, form, one, **headers), one)
    again = bench.client(browser).post(asked.action, fresh, headers=headers)
    assert again.status_code in {200, 302}, problems([again])
    assert (made.count() - before, times_done(asked) - done) == (2 * new, 2)


@pytest.mark.django_db
def test_has_its_key_in_every_page_and_dialog(bench: Bench) -> None:
    browser = bench.client()
    without: set[str] = set()
    keys: list[str] = []

    for url, headers in itertools.product(every_page(bench.one).values(), ({}, HTMX)):
        for each in forms_in(browser.get(url, headers=headers).content.decode()):
            name = resolve((each.action or url).partition("?")[0]).view_name
            if each.method != "post":
                continue
            if key := each.fields.get(IDEMPOTENCY_KEY):
                keys.append(key)
            else:
                without.add(name)

    assert without == KEYLESS
    assert len(set(keys)) == len(keys) > len(CREATING)

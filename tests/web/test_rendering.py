"""A page reads the database while it is built, never while it is rendered."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.template.backends.django import Template
from django.test import Client
from django.urls import resolve
from pytest_django import DjangoDbBlocker

from crm import roles
from crm.models import User
from tests.factories import UserFactory
from tests.urls import every_url
from tests.web.actions import action_urls
from tests.web.one_of_each import one_of_each, shop
from tests.web.pages import every_page

pytestmark = pytest.mark.django_db

WEB = Path(__file__).resolve().parents[2] / "web"
HTMX = {"HX-Request": "true"}
APPROVER = {"home of an approver", "quote to approve", "quote to refuse"}
CLERK = {
    "record connection",
    "record supply connection",
    "question fulfilment:connection-load",
    "question fulfilment:handoff-skip",
    "question fulfilment:handoff-settle",
    "question fulfilment:inboundmessage-set-aside",
    "question fulfilment:inboundmessage-map",
    "question fulfilment:discrepancy-decide",
    "question sales:invoice-refund",
    "question sales:invoice-write-off",
    "question sales:credit-refund",
}
EMPTY = {"csrfmiddlewaretoken": "from the page"}
"""What a browser sends of a form in which nothing was typed."""

TRANSACTION = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")

LIMITS = {
    "home": 10,
    "list": 8,
    "quote": 12,
    "order": 15,
    "invoice": 15,
    "record": 13,
    "form": 10,
    "question": 8,
    "history": 27,
}
"""The most statements that a page of each kind takes: session, user and frame are three of them.

A history reads each table that the record consists of, and each one that it refers to.
"""

EXCEPTIONS = {
    "list sales:order": (9, "what the systems that orders live in too hold of them"),
    "list fulfilment:handoff": (
        18,
        "metrics, causes, codes, reports and their owners, connections to choose",
    ),
    "home of a rep": (12, "what needs a person is in three tables: handoffs, messages, values"),
    "home of an approver": (13, "quotes to approve, and orders that differ, beside everybody's"),
    "invoice issued": (16, "which system gives its official number"),
    "order with goods returned": (22, "its ledger, and the invoices and drafts that bill these"),
    "order submitted": (20, "its ledger, what other systems hold of it, and who numbers invoices"),
    "record supply connection": (15, "its mapping, its owners of fields, and its counts"),
    "record account": (15, "the customer's credit: balances, last moves, the invoice to pay"),
    "search": (16, "four look-ups of a number, then one for every kind of record"),
    "question sales:invoice-credit": (11, "prices what can be credited, and what is proposed"),
    "question sales:order-close": (44, "works the preview out, and its codes, then rolls back"),
    "question fulfilment:order-conflicts": (9, "reads what both systems hold now"),
    "price refresh": (19, "works the preview out inside a transaction that is rolled back"),
}
"""Pages that take more than their kind, with the reason."""

GROWING = {"question sales:order-close": "its preview deletes each draft of what did not leave"}
"""Pages that take more statements for more records, with the reason."""


@dataclass
class Statements:
    """What one request asked of the database, and what of it while a template was rendered."""

    all: list[str] = field(default_factory=list)
    rendering: list[str] = field(default_factory=list)
    status: int = 0


@contextmanager
def counted() -> Iterator[Statements]:
    """Count the statements of a request; that a transaction begins or ends is none."""
    found, depth, render = Statements(), 0, Template.render

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(TRANSACTION):
            found.all.append(sql)
            if depth:
                found.rendering.append(sql)
        return execute(sql, params, many, context)

    def watched(self: Template, *args: Any, **kwargs: Any) -> Any:
        nonlocal depth
        depth += 1
        try:
            return render(self, *args, **kwargs)
        finally:
            depth -= 1

    with pytest.MonkeyPatch.context() as patch, connection.execute_wrapper(note):
        patch.setattr(Template, "render", watched)
        yield found


@dataclass(frozen=True)
class Measured:
    """Every page with one of everything, with three, with one for htmx, and posted to."""

    few: Mapping[str, Statements]
    many: Mapping[str, Statements]
    dialogs: Mapping[str, Statements]
    posted: Mapping[str, Statements]
    urls: Mapping[str, str]


@pytest.fixture(scope="module")
def measured(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Measured:
    """Visit every page once, whichever process of the tests comes first; the others read that."""
    is_alone = os.environ.get("PYTEST_XDIST_WORKER") is None
    folder = tmp_path_factory.getbasetemp()
    stored = (folder if is_alone else folder.parent) / "every_page.json"
    with stored.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stored.exists():
            stored.write_text(json.dumps(asdict(measure(django_db_blocker))))
    found = json.loads(stored.read_text())
    urls = found.pop("urls")
    return Measured(
        **{
            kind: {name: Statements(**each) for name, each in pages.items()}
            for kind, pages in found.items()
        },
        urls=urls,
    )


def measure(django_db_blocker: DjangoDbBlocker) -> Measured:
    """Visit every page; what was made for it is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        market, approver = shop()
        people = (market.rep, approver, UserFactory.create(role=roles.BACK_OFFICE))
        few_pages = every_page(one_of_each(market, approver, 1))
        # First as htmx asks, which reads content types and templates; they are kept.
        few_dialogs = visit(few_pages, *people, headers=HTMX)
        few = visit(few_pages, *people)
        three = one_of_each(market, approver, 3)
        many_pages = every_page(three)
        many = visit(many_pages, *people)
        actions = {f"action {name}": url for name, (url, _) in action_urls(three).items()}
        posted = post_nothing(many_pages | actions)
        transaction.set_rollback(True)
    return Measured(few, many, few_dialogs, posted, many_pages)


def visit(
    pages: Mapping[str, str], rep: User, approver: User, clerk: User, **options: Any
) -> dict[str, Statements]:
    """Open every page as somebody who may."""
    clients = {}
    for person in (rep, approver, clerk):
        clients[person] = Client()
        clients[person].force_login(person)
    found = {}
    for name, url in pages.items():
        person = approver if name in APPROVER else clerk if name in CLERK else rep
        with counted() as statements:
            statements.status = clients[person].get(url, **options).status_code
        found[name] = statements
    return found


def post_nothing(urls: Mapping[str, str]) -> dict[str, Statements]:
    """Post empty data to every URL, as a browser does and as htmx does; each is rolled back."""
    client = Client()
    client.force_login(UserFactory.create(is_superuser=True))
    found = {}
    for (name, url), headers in itertools.product(urls.items(), ({}, HTMX)):
        with transaction.atomic(), counted() as statements:
            statements.status = client.post(url, EMPTY, headers=headers).status_code
            transaction.set_rollback(True)
        found[f"{name} {'to htmx' if headers else ''}".strip()] = statements
    return found


def limit(name: str) -> int:
    """Return the most statements that a page may take."""
    if name in EXCEPTIONS:
        return EXCEPTIONS[name][0]
    return LIMITS[name.partition(" ")[0]]


def test_every_page_was_opened(measured: Measured) -> None:
    assert {name for name, found in measured.many.items() if found.status != 200} == set()


def test_every_form_and_action_answers_what_was_posted(measured: Measured) -> None:
    answers = {name: found.status for name, found in measured.posted.items()}
    forms = {status for name, status in answers.items() if name.startswith("form ")}
    actions = {status for name, status in answers.items() if name.startswith("action ")}
    unknown = {name for name, status in answers.items() if status == 404}

    assert forms == {422}
    assert actions == {200, 302, 303, 404, 422}
    assert unknown == {"action sales:line-option", "action sales:line-option to htmx"}
    assert set(answers.values()) == {*actions, 405, 409}


def test_every_url_is_opened_or_is_an_action(measured: Measured, client: Client) -> None:
    client.force_login(UserFactory.create(is_superuser=True))
    opened = {resolve(url.partition("?")[0]).view_name for url in measured.urls.values()}
    posted = {
        resolve(url).view_name
        for url in every_url()
        if client.put(url).get("Allow") == "GET, HEAD, POST"
    }

    assert {resolve(url).view_name for url in every_url()} - opened - posted == set()


def test_rendering_executes_no_sql(measured: Measured) -> None:
    asked = {
        name: found.rendering
        for visited in (measured.few, measured.many, measured.dialogs, measured.posted)
        for name, found in visited.items()
        if found.rendering
    }

    assert asked == {}


def test_takes_the_same_statements_for_one_of_everything_and_for_three(measured: Measured) -> None:
    changing = {
        name
        for name, found in measured.few.items()
        if len(found.all) != len(measured.many[name].all)
    }

    assert changing == GROWING.keys()


def test_takes_no_more_statements_than_its_kind_of_page_may(measured: Measured) -> None:
    taken = {name: len(found.all) for name, found in measured.many.items()}

    assert {name: count for name, count in taken.items() if count > limit(name)} == {}


def test_every_exception_is_needed(measured: Measured) -> None:
    taken = {name: len(measured.many[name].all) for name in EXCEPTIONS}

    assert taken == {name: count for name, (count, _) in EXCEPTIONS.items()}


def test_pages_are_rendered_in_one_module() -> None:
    sources = {path: path.read_text() for path in WEB.rglob("*.py")}
    rendering = re.compile(r"import .*\brender\b|render_to_string|TemplateResponse|get_template")

    assert [path.name for path, text in sources.items() if rendering.search(text)] == [
        "rendering.py"
    ]

"""Fixtures of the browser tests: a real Chromium on a real server; its errors fail the test."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

from tests.browser import chromium
from tests.factories import Market, StageFactory

# Playwright's own loop runs in this thread; Django would refuse its ORM beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PASSWORD = "correct horse battery staple"
AXE = Path(settings.BASE_DIR, "node_modules/axe-core/axe.min.js")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN_AXE = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules that depend on the theme."""

ABORTED = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx logs when the page is left before a response; a failure logs htmx:sendError, too."""
RECORD_POLICY_VIOLATIONS = """
    window.policyViolations = [];
    addEventListener("securitypolicyviolation", (event) =>
        policyViolations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium per module, since Playwright occupies the thread's event loop."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=chromium.find(), args=list(chromium.ARGUMENTS)
        )
        yield launched
        launched.close()


@pytest.fixture
def market(db: None) -> Market:
    """A rep who can sign in, an account, prices, and the stages of a pipeline."""
    made = Market()
    made.rep.set_password(PASSWORD)
    made.rep.save()
    StageFactory.create(name="Discovery")
    StageFactory.create(name="Proposal")
    return made


class Screen:
    """A browser page that records errors and has checks for accessibility and width."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(f"error: {error}"))
        page.on("console", self._record_console)
        page.on("requestfailed", self._record_failed_request)

    def _record_console(self, message: Any) -> None:
        # A refused rule answers 422 or 409, which Chromium reports as an error of the network.
        harmless = any(status in message.text for status in ("422", "409")) or any(
            word in message.text for word in ABORTED
        )
        if message.type == "error" and not harmless:
            self.errors.append(f"console: {message.text}")

    def _record_failed_request(self, request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            self.errors.append(f"failed: {request.url} {request.failure}")

    def sign_in(self, market: Market) -> None:
        """Sign in as the market's rep."""
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(market.rep.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/")

    def check_accessibility(self, rules: Sequence[str] = RULES) -> None:
        """Check the accessibility of the page with axe."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        found = self.page.evaluate(RUN_AXE, list(rules))
        broken = [
            (rule["id"], [n["target"] for n in rule["nodes"]]) for rule in found["violations"]
        ]
        assert broken == [], (self.page.url, broken)

    def check_width(self) -> None:
        """Check that the page needs no horizontal scrolling."""
        width, window = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width <= window, self.page.url

    def ignore_missing_page(self) -> None:
        """Ignore the 404 of a page that was opened because it does not exist."""
        self.errors = [each for each in self.errors if "404" not in each]

    def ignore_signed_out(self) -> None:
        """Ignore the 401 of requests that were sent because somebody is signed out."""
        self.errors = [each for each in self.errors if "401" not in each]

    def check_no_errors(self) -> None:
        """Check that the browser logged no error and blocked nothing."""
        refused = self.page.evaluate("window.policyViolations || []")
        assert self.errors + refused == []


@pytest.fixture
def screen(browser: Browser, live_server: LiveServer) -> Iterator[Screen]:
    """A new browser window, checked for errors at the end of the test."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    context.add_init_script(RECORD_POLICY_VIOLATIONS)
    made = Screen(context.new_page())
    try:
        yield made
        made.check_no_errors()
    finally:
        context.close()

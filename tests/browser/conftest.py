"""A real Chromium on a real server; whatever it complains about fails the test."""

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

PASSWORD = "a rep knows this by heart"
AXE = Path(settings.BASE_DIR, "node_modules/axe-core/axe.min.js")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
COLOURS = ("color-contrast", "link-in-text-block")
"""What a theme can get wrong; everything else is the same in both."""

ABORTED = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx logs when one goes on before an answer came; a failure logs htmx:sendError, too."""
WATCH_POLICY = """
    window.refusedByPolicy = [];
    addEventListener("securitypolicyviolation", (event) =>
        refusedByPolicy.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for a file's tests; beside it no other test could run a loop of its own."""
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
    """A page with what every test needs of it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", self._hear)
        page.on("requestfailed", self._note_failure)

    def _hear(self, message: Any) -> None:
        # A refused rule answers 422, which Chromium reports as an error of the network.
        harmless = "422" in message.text or any(word in message.text for word in ABORTED)
        if message.type == "error" and not harmless:
            self.complaints.append(f"console: {message.text}")

    def _note_failure(self, request: Any) -> None:
        if "ERR_ABORTED" not in (request.failure or ""):
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def sign_in(self, market: Market) -> None:
        """Sign in as the market's rep."""
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email").fill(market.rep.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/")

    def check_access(self, rules: Sequence[str] = RULES) -> None:
        """Ask axe whether everybody can use what is on the screen."""
        self.page.evaluate(AXE.read_text())
        found = self.page.evaluate("rules => axe.run(document, {runOnly: rules})", list(rules))
        broken = [
            (rule["id"], [n["target"] for n in rule["nodes"]]) for rule in found["violations"]
        ]
        assert broken == [], (self.page.url, broken)

    def check_width(self) -> None:
        """Nobody scrolls sideways."""
        width = self.page.evaluate("document.documentElement.scrollWidth")
        assert width <= self.page.viewport_size["width"], self.page.url  # type: ignore[index]

    def check_sign_in_page(self) -> None:
        """The sign-in page is a screen, too."""
        self.page.goto("/accounts/login/")
        self.check_access()

    def forget_missing_page(self) -> None:
        """Drop the complaint about a page that was opened because it does not exist."""
        self.complaints = [each for each in self.complaints if "404" not in each]

    def check_quiet(self) -> None:
        """The browser complained of nothing, and the policy blocked nothing."""
        refused = self.page.evaluate("window.refusedByPolicy || []")
        assert self.complaints + refused == []


@pytest.fixture
def screen(browser: Browser, live_server: LiveServer) -> Iterator[Screen]:
    """A fresh browser window, which at the end must have had nothing to complain of."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        reduced_motion="reduce",
    )
    context.set_default_timeout(30_000)
    context.add_init_script(WATCH_POLICY)
    made = Screen(context.new_page())
    try:
        yield made
        made.check_quiet()
    finally:
        context.close()

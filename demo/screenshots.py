"""Screenshots of the documentation, taken from a running demo: ``python -m demo.screenshots``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from demo.personas import CAMILLE, PASSWORD, PROSPECTS
from tests.browser.chromium import ARGUMENTS, find

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
DESKTOP = (1440, 900)
PHONE = (390, 844)
ORDER_NAME = PROSPECTS[0].topic
"""Name of the order that the first story made."""

QUOTE_NAME = "Lobby bar and breakfast room"
"""Name of a large draft of the sample data."""


def main(arguments: list[str]) -> int:
    """Sign in and take every screenshot."""
    options = _options(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        with _signed_in(browser, options.base, DESKTOP, "light") as page:
            _take(page, f"{options.base}/", "home")
            order = _record_url(page, f"{options.base}/orders/", ORDER_NAME)
            _take(page, order, "order")
            _take(page, _record_url(page, f"{options.base}/quotes/", QUOTE_NAME), "quote")
        with _signed_in(browser, options.base, DESKTOP, "dark") as page:
            _take(page, order, "order-dark")
        with _signed_in(browser, options.base, PHONE, "light") as page:
            _take(page, order, "phone")
        browser.close()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.screenshots", description=__doc__)
    parser.add_argument("base", nargs="?", default="http://127.0.0.1:8000", help="of the demo")
    return parser.parse_args(arguments)


@contextmanager
def _signed_in(browser: Browser, base: str, size: tuple[int, int], theme: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=1 if size == DESKTOP else 2,
        reduced_motion="reduce",
        locale="en-GB",
    )
    context.add_cookies([{"name": "theme", "value": theme, "url": base}])
    page = context.new_page()
    page.goto(f"{base}/accounts/login/")
    page.fill("input[name=login]", CAMILLE.email)
    page.fill("input[name=password]", PASSWORD)
    page.click("button:has-text('Sign in')")
    page.wait_for_url(f"{base}/")
    yield page
    context.close()


def _record_url(page: Page, list_url: str, text: str) -> str:
    """Find the URL of the first record in a list whose row contains the text."""
    page.goto(list_url)
    row = page.locator("tr", has_text=text).first
    url: str = row.locator("a").first.evaluate("link => link.href")
    return url


def _take(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"docs/screenshots/{name}.png\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

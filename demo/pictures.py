"""Takes the pictures of the documentation from a running demo: ``python -m demo.pictures``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from demo.personas import CAMILLE, PASSWORD, PROSPECTS
from tests.browser.chromium import ARGUMENTS, find

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "pictures"
DESK = (1440, 900)
PHONE = (390, 844)
DEAL = PROSPECTS[0].topic
"""What the first story played was about."""

OFFER = "Lobby bar and breakfast room"
"""A large draft of the sample data."""


def main(arguments: list[str]) -> int:
    """Sign in and take every picture."""
    options = _options(arguments)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=list(ARGUMENTS))
        with _signed_in(browser, options.base, DESK, "light") as page:
            _take(page, f"{options.base}/", "home")
            order = _address_of(page, f"{options.base}/orders/", DEAL)
            _take(page, order, "order")
            _take(page, _address_of(page, f"{options.base}/quotes/", OFFER), "quote")
        with _signed_in(browser, options.base, DESK, "dark") as page:
            _take(page, order, "order-dark")
        with _signed_in(browser, options.base, PHONE, "light") as page:
            _take(page, order, "phone")
        browser.close()
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo.pictures", description=__doc__)
    parser.add_argument("base", nargs="?", default="http://127.0.0.1:8000", help="of the demo")
    return parser.parse_args(arguments)


@contextmanager
def _signed_in(browser: Browser, base: str, size: tuple[int, int], theme: str) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=1 if size == DESK else 2,
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


def _address_of(page: Page, list_address: str, words: str) -> str:
    """Find a record in its list by what it is about."""
    page.goto(list_address)
    row = page.locator("tr", has_text=words).first
    address: str = row.locator("a").first.evaluate("link => link.href")
    return address


def _take(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png")
    sys.stdout.write(f"docs/pictures/{name}.png\n")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

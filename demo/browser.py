"""A browser without a window: cookies, pages, and forms posted exactly as a person would."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.request
from urllib.parse import urlencode, urljoin

from demo.errors import Halted
from demo.http import NO_ANSWER, PATIENCE
from demo.pages import Form, Page, read_page


class Browser:
    """Keeps cookies, follows redirects, and refuses to go on from an error page."""

    def __init__(self, base: str) -> None:
        self._base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def open(self, path: str) -> Page:
        """Go to a page."""
        return self._go(urllib.request.Request(urljoin(self._base, path)))  # noqa: S310  http

    def press(self, page: Page, words: str, **typed: str) -> Page:
        """Press the button with these words, or follow the link."""
        if form := page.button(words):
            return self.submit(page, form, **_sent_by(form, words), **typed)
        if href := page.link(words):
            return self.open(urljoin(page.address, href))
        raise Halted(f"{page.address} has nothing to press that says {words}.")

    def submit(self, page: Page, form: Form, **typed: str) -> Page:
        """Fill a form further and send it."""
        values = {**form.values, **{name: [value] for name, value in typed.items()}}
        encoded = urlencode([(name, value) for name, given in values.items() for value in given])
        address = urljoin(page.address, form.action or page.address)
        if form.method != "post":
            return self.open(f"{address.partition('?')[0]}?{encoded}")
        headers = {"Referer": page.address, "Origin": self._base}
        return self._go(urllib.request.Request(address, encoded.encode(), headers))  # noqa: S310

    def _go(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return read_page(answer.url, answer.status, answer.read().decode())
        except urllib.error.HTTPError as error:
            page = read_page(request.full_url, error.code, error.read().decode(errors="replace"))
            said = " ".join(page.problems) or page.heading
            raise Halted(
                f"{request.get_method()} {request.full_url} was refused with {page.status}: {said}"
            ) from error
        except NO_ANSWER as error:
            raise Halted(f"{request.full_url} does not answer: {error}") from error


def _sent_by(form: Form, words: str) -> dict[str, str]:
    """What the button itself adds to the form."""
    sent = next((name, value) for shown, name, value in form.buttons if shown == words)
    return {sent[0]: sent[1]} if sent[0] else {}

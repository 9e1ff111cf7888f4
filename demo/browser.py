"""Headless HTTP browser: keeps cookies, follows links and posts forms, without JavaScript."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.request
from urllib.parse import urlencode, urljoin

from demo.errors import DemoError
from demo.http import CONNECTION_ERRORS, TIMEOUT
from demo.pages import Form, Page, read_page


class Browser:
    """A session: keeps cookies, follows redirects, and raises on an error page."""

    def __init__(self, base: str) -> None:
        self._base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def open(self, path: str) -> Page:
        """Open a page."""
        return self._go(urllib.request.Request(urljoin(self._base, path)))  # noqa: S310  # http

    def click(self, page: Page, label: str, **typed: str) -> Page:
        """Click the button or follow the link with this label."""
        if form := page.button(label):
            return self.submit(page, form, **_button_value(form, label), **typed)
        if href := page.link(label):
            return self.open(urljoin(page.address, href))
        raise DemoError(f'{page.address} has no button or link "{label}".')

    def submit(self, page: Page, form: Form, **typed: str) -> Page:
        """Fill in more fields of a form and send it."""
        values = {**form.values, **{name: [value] for name, value in typed.items()}}
        encoded = urlencode([(name, value) for name, given in values.items() for value in given])
        address = urljoin(page.address, form.action or page.address)
        if form.method != "post":
            return self.open(f"{address.partition('?')[0]}?{encoded}")
        headers = {"Referer": page.address, "Origin": self._base}
        return self._go(urllib.request.Request(address, encoded.encode(), headers))  # noqa: S310  # http to the demo on this machine

    def _go(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=TIMEOUT) as response:
                return read_page(response.url, response.status, response.read().decode())
        except urllib.error.HTTPError as error:
            page = read_page(request.full_url, error.code, error.read().decode(errors="replace"))
            what = f"{request.get_method()} {request.full_url}"
            reason = " ".join(page.problems) or page.heading
            raise DemoError(f"{what} was refused with {page.status}: {reason}") from error
        except CONNECTION_ERRORS as error:
            raise DemoError(f"{request.full_url} does not answer: {error}") from error


def _button_value(form: Form, label: str) -> dict[str, str]:
    """Return the field that the button itself adds to the form."""
    name, value = next((name, value) for shown, name, value in form.buttons if shown == label)
    return {name: value} if name else {}

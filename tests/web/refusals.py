"""The reason of a refused action, as the record's page shows it."""

from __future__ import annotations

import html
import re
from typing import Any

from django.db import models
from django.test import Client

from web.record_urls import record_url

NO_DISCOUNTS = ("sNaN", "NaN", "sNaN%", "1E+9999999", "1E+9999999%", "1e-9999999%", "1e15", "%")
"""What nobody can type as a discount, though Python reads most of it as a number."""

ERROR = re.compile(r'data-level="error"(?![^>]* hidden).*?<span>(.*?)</span>', re.DOTALL)


def reason_shown(client: Client, answer: Any, record: models.Model) -> str:
    """Follow the answer to the record's page, and return the one error that it shows."""
    assert (answer.status_code, answer["Location"]) == (303, record_url(record))
    page = client.get(answer["Location"])
    assert page.status_code == 200
    [reason] = errors_shown(page)
    return reason


def errors_shown(page: Any) -> list[str]:
    """Return the errors that a page shows beside its record."""
    return [html.unescape(reason) for reason in ERROR.findall(page.content.decode())]


PRICE_UNITS = (
    "A price is for 1 unit or for several, such as 100: "
    "enter more than 0 and at most 1,000,000 units."
)
"""How a number of units that no price can be for is refused."""

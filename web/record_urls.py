"""URLs of records: each model's page has a URL named after it."""

from __future__ import annotations

import re

from django.db import models
from django.urls import is_valid_path, reverse

BELOW_A_RECORD = re.compile(r"/[a-z]+/[0-9a-f-]{36}/")


def record_url(record: models.Model) -> str:
    """Return the address of a record's page, as in ``crm:lead-detail``."""
    meta = record._meta
    return reverse(f"{meta.app_label}:{meta.model_name}-detail", args=[record.pk])


def page_above(path: str) -> str:
    """Return the page of the record that an action's URL stands below, without reading it.

    Where no page stands above, the URL itself leads on: with GET it shows its form or its record.
    """
    above = BELOW_A_RECORD.match(path)
    return above[0] if above and is_valid_path(above[0]) else path

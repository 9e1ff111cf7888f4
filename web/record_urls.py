"""URLs of records: each model's page has a URL named after it."""

from __future__ import annotations

from django.db import models
from django.urls import reverse


def record_url(record: models.Model) -> str:
    """Return the address of a record's page, as in ``crm:lead-detail``."""
    meta = record._meta
    return reverse(f"{meta.app_label}:{meta.model_name}-detail", args=[record.pk])

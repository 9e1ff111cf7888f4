"""Submissions of forms: which of them were done, and where that led."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Submission(models.Model):
    """One form that was sent and done, by the idempotency key that it was shown with.

    It is written in the transaction of what the form did, so that both are kept or neither is.
    ``messages`` are pairs of level and text, as they were shown to whoever sent the form. It is the
    state of a conversation and no record: nobody edits it, and it is deleted after some days.
    """

    key = models.UUIDField(primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="submissions"
    )
    path = models.TextField()
    url = models.TextField(blank=True)
    messages = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.path} {self.key}"

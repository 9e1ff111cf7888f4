"""Celery tasks of the browser UI."""

from __future__ import annotations

from celery import shared_task

from web.submissions import forget_old


@shared_task(name="web.forget_submissions")
def forget_submissions() -> None:
    """Delete the submissions of forms that were kept long enough."""
    forget_old()

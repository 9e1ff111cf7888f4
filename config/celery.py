"""Celery application, and the worker process: ``celery -A config.celery worker``."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections
from django_structlog.celery.steps import DjangoStructLogInitStep

from config.parent_process import exit_with_parent_if_configured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if sys.argv[0].endswith(("celery", "celery/__main__.py")):
    exit_with_parent_if_configured()
    if "worker" in sys.argv:
        os.environ.setdefault("ROLE", "worker")

app = Celery("throughline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].add(DjangoStructLogInitStep)


@task_prerun.connect
def close_stale_connections(**signal: Any) -> None:
    """Keep a database connection between tasks unless it is broken or older than its limit."""
    close_old_connections()

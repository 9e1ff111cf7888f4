"""The worker process: ``celery -A config.celery worker``."""

from __future__ import annotations

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import task_prerun
from django.db import close_old_connections
from django_structlog.celery.steps import DjangoStructLogInitStep

from config.lifetime import follow_parent_if_told

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
if sys.argv[0].endswith(("celery", "celery/__main__.py")):
    follow_parent_if_told()
    if "worker" in sys.argv:
        os.environ.setdefault("ROLE", "worker")

app = Celery("throughline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["fulfilment"])
app.steps["worker"].add(DjangoStructLogInitStep)


@task_prerun.connect
def give_up_old_connections(**about: Any) -> None:
    """Keep a database connection between tasks, but neither a broken one nor one for ever."""
    close_old_connections()

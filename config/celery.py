"""The worker process: ``celery -A config.celery worker``."""

from __future__ import annotations

import os
import sys

from celery import Celery
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

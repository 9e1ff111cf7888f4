"""WSGI application: ``granian --interface wsgi config.wsgi:application``."""

from __future__ import annotations

import multiprocessing
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("ROLE", "web")

from django.core.wsgi import get_wsgi_application

from config.parent_process import exit_with_parent

if multiprocessing.parent_process():
    exit_with_parent()

application = get_wsgi_application()

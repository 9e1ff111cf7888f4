"""Logs: what clients cause is one line."""

from __future__ import annotations

import io
import logging.config

from django.test import Client

from config.logs import logging_settings


def test_a_wrong_host_is_one_line() -> None:
    settings, written = logging_settings("INFO", "json"), io.StringIO()
    settings["handlers"]["stderr"]["stream"] = written
    before = logging.root.handlers[:]
    logging.config.dictConfig(settings)
    try:
        answer = Client().get("/api/v1/orders", headers={"host": "elsewhere.example"})
    finally:
        logging.root.handlers[:] = before

    assert answer.status_code == 400
    lines = [each for each in written.getvalue().splitlines() if "DisallowedHost" in each]
    assert len(lines) == 1
    assert "Invalid HTTP_HOST header" in lines[0]
    assert "Traceback" not in written.getvalue()

"""URLs and static files that belong to no app."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_reports_a_healthy_process(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"database": True, "broker": True})


@pytest.mark.django_db
def test_stays_in_service_without_its_broker(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"database": True, "broker": False})


@pytest.mark.django_db
def test_keeps_sign_up_closed(client: Client) -> None:
    answer = client.post("/accounts/signup/", {"email": "eve@example.com"})

    assert "account/signup_closed.html" in [template.name for template in answer.templates]


@pytest.mark.django_db
def test_the_admin_sends_strangers_to_our_sign_in(client: Client) -> None:
    answer = client.get("/admin/", follow=True)

    assert [url.partition("?")[0] for url, _ in answer.redirect_chain][-1] == "/accounts/login/"


@pytest.mark.django_db
def test_every_page_forbids_foreign_content(client: Client) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]

    assert {part.strip() for part in policy.split(";")} == {
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
    }


def test_reports_an_occupied_port_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "config.serve", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert done.returncode == 2
    assert (
        done.stderr == f"throughline: Cannot listen on 127.0.0.1:{port} (Address already in use).\n"
    )


def test_static_files_can_be_collected_under_names_that_never_change(
    settings: Settings, tmp_path: Path
) -> None:
    # As in production, but for the half minute that compressing takes.
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}

    call_command("collectstatic", interactive=False, verbosity=0)

    manifest = json.loads((tmp_path / ManifestStaticFilesStorage.manifest_name).read_text())
    assert manifest["paths"]
    assert all((tmp_path / path).is_file() for path in manifest["paths"].values())

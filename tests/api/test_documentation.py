"""Documentation at stable addresses, for everybody."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from api.views.documentation import DOCUMENTS
from tests.api.test_integrators import DOCS

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", DOCUMENTS)
def test_serves_each_document_as_it_is_written(client: Client, name: str) -> None:
    answer = client.get(f"/api/docs/{name}")

    assert answer.status_code == 200
    assert answer.content == (DOCS / name).read_bytes()
    kind = "text/markdown" if name.endswith(".md") else "application/yaml"
    assert answer["Content-Type"] == f"{kind}; charset=utf-8"


@pytest.mark.parametrize("name", ["operators.md", "settings.md", "..%2Fmanage.py", "nothing"])
def test_serves_no_other_file(client: Client, name: str) -> None:
    answer = client.get(f"/api/docs/{name}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_lists_them_for_programs(client: Client) -> None:
    answer = client.get("/llms.txt")

    addresses = re.findall(r"\]\((.*?)\)", answer.content.decode())
    assert addresses == [f"http://testserver/api/docs/{name}" for name in DOCUMENTS]
    assert [client.get(each).status_code for each in addresses] == [200] * len(DOCUMENTS)


def test_shows_the_operations_without_inline_code(client: Client) -> None:
    page = client.get("/api/docs").content.decode()

    assert 'data-description="/api/docs/openapi.yaml"' in page
    assert not re.search(r"<script(?![^>]*src=)|<style|style=|onload=", page)

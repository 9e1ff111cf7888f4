"""Documentation for partners at stable addresses: the description of the API, and Markdown."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

FOLDER = Path(settings.BASE_DIR, "docs")
KINDS = {".md": "text/markdown; charset=utf-8", ".yaml": "application/yaml; charset=utf-8"}
DOCUMENTS = {
    "partners.md": "How to build on the REST API: sign-in, quick start, resources",
    "openapi.yaml": "Every operation of the REST API (OpenAPI 3.1)",
    "errors.md": "The code of every refusal",
    "integrators.md": "Signed messages: receive events, report back",
    "asyncapi.yaml": "Every message that is sent and received (AsyncAPI 3)",
}
"""What is served, and what it says."""

keep = cache_control(public=True, max_age=300)


@require_safe
@keep
def api_docs(request: HttpRequest) -> HttpResponse:
    """Show the operations of the API, to be read and tried."""
    return render(request, "api/docs.html")


@require_safe
@keep
def document(request: HttpRequest, name: str) -> HttpResponse:
    """Return a document as it is written."""
    if name not in DOCUMENTS:
        raise Http404
    path = FOLDER / name
    return HttpResponse(path.read_bytes(), content_type=KINDS[path.suffix])


@require_safe
@keep
def llms_txt(request: HttpRequest) -> HttpResponse:
    """List the documents for programs that read them (llmstxt.org)."""
    lines = [
        f"- [{name}]({request.build_absolute_uri(reverse('api-document', args=[name]))}): {text}"
        for name, text in DOCUMENTS.items()
    ]
    about = "> CRM for trade: quotes, orders, shipments, invoices, and the systems beside them."
    text = "\n".join(["# Throughline", "", about, "", "## Documents", "", *lines, ""])
    return HttpResponse(text, content_type=KINDS[".md"])

"""Tables of the layers that name each kind of document: none may be missing."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from api.schemas import DOCUMENTS
from crm.models import CustomField
from crm.roles import READS_ONLY, ROLES, grants_of
from sales.models.document_kinds import DOCUMENT_KINDS, DocumentKind
from sales.services.integrity.price_checks import PRICED_AS_A_WHOLE
from web.views.documents import VIEWS

KINDS = {kind.name for kind in DOCUMENT_KINDS}


def rights_missing(role: str, kind: DocumentKind) -> list[str]:
    """The rights on documents of a kind, and on their lines, that a role does not have."""
    patterns = [codename for app, codename in grants_of(role) if app == "sales"]
    actions = ("view",) if role in READS_ONLY else ("add", "change", "delete", "view")
    wanted = [
        f"{action}_{model._meta.model_name}"
        for action in actions
        for model in (kind.model, kind.line_model)
    ]
    return [right for right in wanted if not any(fnmatchcase(right, each) for each in patterns)]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", DOCUMENT_KINDS, ids=lambda kind: kind.name)
def test_every_role_has_rights_on_each_kind_of_document(role: str, kind: DocumentKind) -> None:
    assert rights_missing(role, kind) == []


def test_the_pages_show_each_kind_of_document() -> None:
    assert set(VIEWS) == {kind.model for kind in DOCUMENT_KINDS}


def test_the_api_describes_each_kind_of_document() -> None:
    assert set(DOCUMENTS) == KINDS


def test_the_verification_checks_the_prices_of_each_kind_of_document() -> None:
    assert set(PRICED_AS_A_WHOLE) == KINDS


def test_custom_fields_can_be_added_to_each_kind_of_document() -> None:
    assert set(CustomField.RecordType.values) >= KINDS

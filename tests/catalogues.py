"""Catalogues of another language, for tests of what is translated when it is read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.utils import translation


def use_catalogue(monkeypatch: pytest.MonkeyPatch, catalogue: Mapping[str, str]) -> None:
    """Translate as Django does: by a catalogue, and not at all while translations are off."""
    translation.gettext("Note")  # binds the function that is replaced now
    monkeypatch.setattr(
        "django.utils.translation._trans.gettext",
        lambda text: catalogue.get(text, text) if translation.get_language() else text,
    )

from __future__ import annotations

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What all apps share."""

    name = "common"

    def ready(self) -> None:
        """Write the sentences of pure code in the reader's language."""
        from common import formatting, sentences

        sentences.write_with(formatting.format_sentence)

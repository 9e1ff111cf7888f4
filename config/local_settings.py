"""Local settings: writes `.env` for a new checkout, ``python -m config.local_settings``."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from cryptography.fernet import Fernet

LOCAL = """\
# Settings of this checkout, written once by `make setup`. Not for production: see docs/settings.md.
DEBUG=true
SECRET_KEY={secret_key}
FIELD_ENCRYPTION_KEYS={field_key}
ALLOWED_HOSTS=localhost,127.0.0.1,[::1]
SITE_URL=http://localhost:8000
"""


def write_local_settings(path: Path) -> bool:
    """Write fresh keys to ``path``, readable by its owner only; False when the file exists."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(
            LOCAL.format(
                secret_key=secrets.token_urlsafe(64),
                field_key=Fernet.generate_key().decode(),
            )
        )
    return True


if __name__ == "__main__":
    target = Path(__file__).resolve().parent.parent / ".env"
    if write_local_settings(target):
        sys.stdout.write("Wrote .env with new keys.\n")

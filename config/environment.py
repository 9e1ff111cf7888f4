"""Environment variables: typed, from `.env` too, every mistake reported at once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cryptography.fernet import Fernet
from django_countries.data import COUNTRIES
from environs import EnvValidationError, FileAwareEnv, ValidationError
from marshmallow import fields
from moneyed import CURRENCIES
from psycopg.conninfo import conninfo_to_dict

from common.numbers import is_written_plainly

EXIT_MISCONFIGURED = 2
"""Exit status of a start that the environment forbids."""


class WholeNumber(fields.Integer):
    """A whole number: 1_0 is none, though Python reads it as 10."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, str) and not is_written_plainly(value):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class Environment(FileAwareEnv):
    """Typed readers that keep on reading after a mistake, so that all are reported in one run.

    A variable ``NAME`` may also be given as ``NAME_FILE``, the path of a file that holds it.
    """

    def __init__(self, dotenv: Path) -> None:
        super().__init__(eager=False, strip_whitespace=True)
        self.add_parser_from_field("whole", WholeNumber)
        if dotenv.is_file():
            self.read_env(str(dotenv))

    def require(self, **values: str) -> None:
        """Name every one of these variables that was left empty."""
        for name, value in values.items():
            if not value and name not in self._errors:
                self._errors[name].append(
                    "Environment variable not set; PRIVATE_SERVICES=true starts a private server."
                )

    def report_mistakes(self) -> None:
        """End the process with one line per wrong variable, if there is one."""
        try:
            self.seal()
        except EnvValidationError as error:
            mistakes = dict(error.error_messages)  # type: ignore[arg-type]  # ours is always a mapping
            exit_with_errors(f"{name}: {_sentence(mistakes[name])}" for name in sorted(mistakes))


def exit_with_errors(lines: Iterable[str]) -> NoReturn:
    """Write what is wrong, one sentence a line, and end the process without a traceback."""
    for line in lines:
        sys.stderr.write(f"throughline: {line}\n")
    sys.stderr.flush()
    raise SystemExit(EXIT_MISCONFIGURED)


def _sentence(messages: Iterable[object]) -> str:
    return " ".join(str(message).rstrip(".") + "." for message in messages)


def secret_key(value: str) -> None:
    """Refuse a signing key that can be guessed."""
    if len(value) < 50 or len(set(value)) < 5:
        raise ValidationError("needs at least 50 random characters")


def fernet_keys(values: list[str]) -> None:
    """Refuse anything but Fernet keys, the newest first."""
    if not values:
        raise ValidationError("needs at least one Fernet key")
    for value in values:
        try:
            Fernet(value)
        except ValueError as error:
            raise ValidationError("every key must be 32 url-safe base64 bytes") from error


def time_zone(value: str) -> None:
    """Refuse a zone the tz database does not know."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValidationError(f"{value} is not a time zone") from error


def postgres_url(value: str) -> None:
    """Refuse what is not the address of a PostgreSQL database."""
    if not value:
        return
    if not value.startswith(("postgres://", "postgresql://")):
        raise ValidationError("must begin with postgresql://")
    try:
        named = conninfo_to_dict(value)
    except Exception as error:
        raise ValidationError("is not a PostgreSQL address") from error
    if not named.get("dbname"):
        raise ValidationError("names no database")


def redis_url(value: str) -> None:
    """Refuse what is not the address of a Redis or Valkey server."""
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ValidationError("must begin with redis:// or rediss://")


def web_address(value: str) -> None:
    """Refuse what is not an origin such as https://crm.example.com."""
    if not value.startswith(("http://", "https://")) or value.count("/") != 2:
        raise ValidationError("must look like https://crm.example.com")


def web_addresses(values: list[str]) -> None:
    """Refuse any origin that is not one."""
    for value in values:
        web_address(value)


def networks(values: list[str]) -> None:
    """Refuse what is not a network in CIDR notation."""
    for value in values:
        try:
            ip_network(value)
        except ValueError as error:
            raise ValidationError(f"{value} is not a network like 10.0.0.0/8") from error


def positive(value: int) -> None:
    """Refuse numbers below 1."""
    if value < 1:
        raise ValidationError("must be 1 or more")


def country(value: str) -> None:
    """Refuse what is not an ISO 3166 country code."""
    if value not in COUNTRIES:
        raise ValidationError(f"{value} is not an ISO 3166 country code")


def currency(value: str) -> None:
    """Refuse what is not an ISO 4217 currency code."""
    if value not in CURRENCIES:
        raise ValidationError(f"{value} is not an ISO 4217 currency code")


def dotenv_path(base: Path) -> Path:
    """Return the path of the git-ignored settings file of this checkout."""
    return Path(os.environ.get("THROUGHLINE_ENV", base / ".env"))

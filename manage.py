#!/usr/bin/env python
"""Throughline's commands: ``manage.py help`` lists them."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line

from config.parent_process import exit_with_parent_if_configured

NEED_NO_SERVICES = {
    "collectstatic",
    "compilemessages",
    "help",
    "makemessages",
    "spectacular",
    "vendor_assets",
    "version",
}


def main(arguments: list[str]) -> None:
    """Run one command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if len(arguments) < 2 or arguments[1].lstrip("-") in NEED_NO_SERVICES:
        os.environ["OFFLINE"] = "true"
    if arguments[1:2] == ["relay"]:
        os.environ.setdefault("ROLE", "relay")
    exit_with_parent_if_configured()
    execute_from_command_line(arguments)


if __name__ == "__main__":
    main(sys.argv)

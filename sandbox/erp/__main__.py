"""Command line of the ERP: ``python -m sandbox.erp``."""

from __future__ import annotations

import argparse
import sys

from aiohttp import web

from sandbox.command_line import main, parser
from sandbox.endpoints import Settings
from sandbox.erp.taxes import TaxRounding
from sandbox.erp.web import build_erp


def _options() -> argparse.ArgumentParser:
    options = parser("ERP", "erp", 8102)
    options.add_argument(
        "--auto-pay", action="store_true", help="with --auto, also record payments automatically"
    )
    options.add_argument(
        "--tax-rounding",
        choices=[str(choice) for choice in TaxRounding],
        default=str(TaxRounding.DOCUMENT),
        help="round tax once per rate of a document, or on every line",
    )
    return options


def _build(arguments: argparse.Namespace, settings: Settings) -> web.Application:
    return build_erp(
        arguments.store,
        settings,
        rounding=TaxRounding(arguments.tax_rounding),
        auto_pay=arguments.auto_pay,
    )


if __name__ == "__main__":
    sys.exit(main(_options(), _build))

"""Command line of the supply-chain system: ``python -m sandbox.supply``."""

from __future__ import annotations

import argparse
import sys

from aiohttp import web

from sandbox.command_line import main, parser, whole_number
from sandbox.endpoints import Settings
from sandbox.supply.amounts import Currencies
from sandbox.supply.modes import Cursor, ModeSettings, OnConflict
from sandbox.supply.web import SupplyOptions, build_supply

MOST_DIGITS = 6


def _options() -> argparse.ArgumentParser:
    options = parser("supply-chain system", "supply", 8103)
    options.add_argument("--seed", type=whole_number, default=0, help="with --auto, of the dice")
    options.add_argument(
        "--digits",
        type=_digits,
        action="append",
        default=[],
        metavar="CURRENCY=N",
        help="decimals of a currency, 2 unless it is given; may be repeated",
    )
    options.add_argument(
        "--on-conflict",
        choices=[str(choice) for choice in OnConflict],
        default=str(OnConflict.REFUSE),
        help="what becomes of a push that does not know an edit made here",
    )
    options.add_argument(
        "--cursor",
        choices=[str(choice) for choice in Cursor],
        default=str(Cursor.COUNTER),
        help="what the changed-since feed counts by",
    )
    return options


def _digits(text: str) -> tuple[str, int]:
    currency, _equals, digits = text.partition("=")
    if not digits.isdigit() or int(digits) > MOST_DIGITS or len(currency) != 3:
        raise argparse.ArgumentTypeError(f"“{text}” is not like JPY=0.")
    return currency.upper(), int(digits)


def _build(arguments: argparse.Namespace, settings: Settings) -> web.Application:
    modes = ModeSettings(
        on_conflict=OnConflict(arguments.on_conflict), cursor=Cursor(arguments.cursor)
    )
    options = SupplyOptions(Currencies(dict(arguments.digits)), modes, arguments.seed)
    return build_supply(arguments.store, settings, options)


if __name__ == "__main__":
    sys.exit(main(_options(), _build))

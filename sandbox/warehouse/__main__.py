"""Command line of the warehouse: ``python -m sandbox.warehouse``."""

from __future__ import annotations

import sys

from sandbox.command_line import main, parser
from sandbox.warehouse.web import build_warehouse

if __name__ == "__main__":
    sys.exit(
        main(
            parser("warehouse", "warehouse", 8101),
            lambda options, settings: build_warehouse(options.store, settings),
        )
    )

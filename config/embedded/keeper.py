"""The keeper of a checkout's servers: ``python -m config.embedded.keeper var/services``."""

from __future__ import annotations

import sys
from pathlib import Path

from config.embedded.sharing import keep

if __name__ == "__main__":
    keep(Path(sys.argv[1]))

"""Idle shutdown process: ``python -m config.embedded.idle_shutdown var/services``."""

from __future__ import annotations

import sys
from pathlib import Path

from config.embedded.lifecycle import stop_when_unused

if __name__ == "__main__":
    stop_when_unused(Path(sys.argv[1]))

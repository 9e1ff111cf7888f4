"""Chromium of the browser tests: finds it, and ``python -m tests.browser.chromium`` installs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
"""Options of the browser: as root too, with little shared memory, without background traffic."""


def find() -> str | None:
    """Return the Chromium named by ``CHROMIUM``, else one on the path, else Playwright's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, NAMES)), None) or _playwrights_own()


def _playwrights_own() -> str | None:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> None:
    """Install Debian's package when root may, else let Playwright download its own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stdout.write("Installing Chromium for the browser tests (apt-get).\n")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=False)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        subprocess.run(install, env=quiet, stdout=subprocess.DEVNULL, check=False)
    else:
        sys.stdout.write("Downloading Chromium for the browser tests (playwright).\n")
        download = [sys.executable, "-m", "playwright", "install", "chromium"]
        subprocess.run(download, check=False)


def main() -> None:
    """Install Chromium unless there is one; exits with 1 and what to do if that fails."""
    if find():
        return
    sys.stdout.flush()
    _install()
    if find() is None:
        sys.exit(
            "throughline: the browser tests need Chromium: install the package chromium "
            "(Debian: apt-get install chromium), or set CHROMIUM to its path."
        )


if __name__ == "__main__":
    main()

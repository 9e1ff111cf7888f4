"""Command ``vendor_assets``: copies the browser files we serve out of node_modules."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

SERVED = {
    "@tabler/core": ["dist/css/tabler.min.css", "dist/css/tabler-themes.min.css"],
    "@fontsource-variable/inter": ["index.css", "files/*-wght-normal.woff2"],
}
LICENCES = {"@tabler/core": "@tabler/icons"}
"""The core package carries no licence text of its own; its sibling has the same one."""

SOURCE_MAP = re.compile(rb"^\s*(?://|/\*)[#@] sourceMappingURL=.*$", re.MULTILINE)


class Command(BaseCommand):
    """Serving node_modules whole would publish thousands of files and break the manifest."""

    help = "Copies the browser files we serve, with their licences, to the vendor folder."
    requires_system_checks: list[str] = []  # noqa: RUF012  # Django's own; files need no checks

    def handle(self, **options: object) -> None:
        """Replace the vendor folder by a fresh copy; the old one stays until the new is whole."""
        target = Path(settings.VENDOR_DIR) / "vendor"
        fresh = target.with_name("vendor.new")
        shutil.rmtree(fresh, ignore_errors=True)
        copied = [copy_served(source, fresh / place) for source, place in served_files()]
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)
        self.stdout.write(f"{len(copied)} browser files, {sum(copied) / 1e6:.1f} MB, in {target}")


def served_files() -> Iterator[tuple[Path, Path]]:
    """Yield every file to copy and where it goes."""
    modules = Path(settings.BASE_DIR) / "node_modules"
    for package, patterns in SERVED.items():
        root = modules / package
        if not root.is_dir():
            raise CommandError(f"{package} is missing: run `npm ci --ignore-scripts` first.")
        folder = Path(package.removeprefix("@").replace("/", "-"))
        for pattern in patterns:
            yield from ((file, folder / file.relative_to(root)) for file in root.glob(pattern))
        yield modules / LICENCES.get(package, package) / "LICENSE", folder / "LICENSE"


def copy_served(source: Path, target: Path) -> int:
    """Copy one file without its source map line and return its size in bytes."""
    data = source.read_bytes()
    if source.suffix in {".css", ".js"}:
        data = SOURCE_MAP.sub(b"", data)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    return len(data)

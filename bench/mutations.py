"""Mutation run over fulfilment: breaks one rule at a time and expects a test to fail.

`python -m bench.mutations` runs all; with a word, those whose file or reason contains it. It works
on a copy of the checkout and in a test database of its own, one mutant after the other.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from bench._mutant import Mutant
from bench._mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[1]
LINKED = (".venv", "node_modules")
KILLED, NOT_COLLECTED = 1, (2, 3, 4, 5)
"""Statuses of pytest: a test failed, or none ran."""

HUNG = 124
"""Status of tests that did not end: two of their threads wait for each other."""

MOST_SECONDS = 300


def main() -> int:
    """Run the mutants and print a line each; the status counts those that survived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="", help="in the file or the reason")
    options = parser.parse_args()
    chosen = [each for each in MUTANTS if options.word in f"{each.file} {each.breaks}"]
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = copy_checkout(Path(folder))
        survived = [mutant for mutant in chosen if not is_killed(mutant, copy)]
    sys.stdout.write(f"{len(chosen)} mutants, {len(survived)} survived without an explanation\n")
    return min(len(survived), 100)


def copy_checkout(folder: Path) -> Path:
    """Copy what is under version control, and link what is installed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copy2(ROOT / name, target)
    for name in LINKED:
        (folder / name).symlink_to((ROOT / name).resolve())
    shutil.copy2(ROOT / ".env", folder)
    shutil.copytree(ROOT / "var" / "vendor", folder / "var" / "vendor", dirs_exist_ok=True)
    return folder


def is_killed(mutant: Mutant, copy: Path) -> bool:
    """Break the copy, run the tests, mend it, and print what came of it."""
    path = copy / mutant.file
    text = path.read_text()
    if text.count(mutant.old) != 1:
        return report(mutant, f"its text is there {text.count(mutant.old)} times", is_good=False)
    path.write_text(text.replace(mutant.old, mutant.new))
    started = time.monotonic()
    try:
        status = run_tests(mutant.tests, copy)
    finally:
        path.write_text(text)
    took = f"{time.monotonic() - started:.0f} s"
    if status in NOT_COLLECTED:
        return report(mutant, f"no test ran ({status})", is_good=False)
    if status == HUNG:
        return report(mutant, f"killed: its tests do not end within {took}", is_good=True)
    if status == KILLED:
        return report(mutant, f"killed in {took}", is_good=True)
    result = f"survived, as explained: {mutant.explained}" if mutant.explained else "SURVIVED"
    return report(mutant, result, is_good=bool(mutant.explained))


def run_tests(tests: Iterable[str], copy: Path) -> int:
    """Run tests in the copy until one fails, in a test database of its own.

    Returns the status of pytest, or ``HUNG``.
    """
    environment = {
        "THROUGHLINE_VAR": os.environ.get("THROUGHLINE_VAR", str(ROOT / "var")),
        "TOX_PARALLEL_ENV": "mutants",  # pytest-django appends it to the database's name
    }
    command = [".venv/bin/pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider", *tests]
    try:
        done = subprocess.run(
            command,
            cwd=copy,
            env=os.environ | environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return HUNG
    return done.returncode


def report(mutant: Mutant, result: str, *, is_good: bool) -> bool:
    """Print a line about a mutant."""
    sys.stdout.write(f"{mutant.file}: {mutant.breaks}: {result}\n")
    sys.stdout.flush()
    return is_good


if __name__ == "__main__":
    sys.exit(main())

"""Random stories of orders on the pure ledger: ``python -m bench.ledger_stories --stories 100000``.

Prints the seed it starts from, how many stories were played and how many a second; a story that
breaks a rule is printed with its seed and steps, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.sales.pricing.order_story import OrderStory

CHUNK = 500


def play_chunk(start: int, *, steps: int) -> list[str]:
    """Play the stories of so many seeds and return what broke."""
    broken = []
    for seed in range(start, start + CHUNK):
        story = OrderStory(random.Random(seed))
        try:
            story.play(steps)
        except Exception as error:  # noqa: BLE001  # whatever breaks is the finding
            broken.append(f"seed {seed}: {type(error).__name__} {error} after {story.steps}")
    return broken


def main() -> int:
    """Play the stories on every core and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    parser.add_argument("--steps", type=int, default=14)
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.stories} stories of {options.steps} steps", flush=True)
    started = time.monotonic()
    starts = range(options.seed, options.seed + options.stories, CHUNK)
    with ProcessPoolExecutor() as pool:
        broken = [
            each
            for found in pool.map(partial(play_chunk, steps=options.steps), starts)
            for each in found
        ]
    seconds = time.monotonic() - started
    print("\n".join(broken[:20]))
    played = len(starts) * CHUNK
    print(f"{played} stories, {len(broken)} broken, {played / seconds:.0f} a second")
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())

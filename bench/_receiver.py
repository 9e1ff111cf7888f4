"""HTTP receiver of the bench: records when each message arrived, and answers by connection.

``slow`` is answered after 5 to 14 s, ``flapping`` with 503 for three seconds of six, all others at
once.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import defaultdict

from aiohttp import web

SLOWEST = (5, 14)
FLAPPING_SECONDS = 3

arrivals: defaultdict[str, dict[str, float]] = defaultdict(dict)


async def push(request: web.Request) -> web.Response:
    """Record a message's arrival on the machine's monotonic clock, and answer."""
    await request.read()
    connection, message_id = request.match_info["connection"], request.headers["webhook-id"]
    arrivals[connection].setdefault(message_id, time.monotonic())
    if connection == "slow":
        await asyncio.sleep(random.uniform(*SLOWEST))
    if connection == "flapping" and time.monotonic() % (2 * FLAPPING_SECONDS) < FLAPPING_SECONDS:
        return web.Response(status=503)
    return web.Response(text=json.dumps({"reference": message_id[-12:]}))


async def show(request: web.Request) -> web.Response:
    """Return when each message of a connection arrived."""
    return web.json_response(arrivals[request.match_info["connection"]])


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/{connection}", push)
    app.router.add_get("/{connection}", show)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)

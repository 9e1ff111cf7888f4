"""HTTP receiver of the bench: answers at once and records when each message arrived."""

from __future__ import annotations

import json
import sys
import time

from aiohttp import web

arrivals: dict[str, float] = {}


async def push(request: web.Request) -> web.Response:
    """Accept a message and record its arrival on the machine's monotonic clock."""
    await request.read()
    message_id = request.headers["webhook-id"]
    arrivals.setdefault(message_id, time.monotonic())
    return web.Response(text=json.dumps({"reference": message_id[-12:]}))


async def show(request: web.Request) -> web.Response:
    """Return when each message arrived."""
    return web.json_response(arrivals)


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/{connection}", push)
    app.router.add_get("/", show)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)

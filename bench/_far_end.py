"""The other end of the line: answers at once and notes when each message arrived."""

from __future__ import annotations

import json
import sys
import time

from aiohttp import web

arrivals: dict[str, float] = {}


async def push(request: web.Request) -> web.Response:
    """Take a message; the clock is the machine's, so the sender can compare."""
    await request.read()
    message_id = request.headers["webhook-id"]
    arrivals.setdefault(message_id, time.monotonic())
    return web.Response(text=json.dumps({"reference": message_id[-12:]}))


async def show(request: web.Request) -> web.Response:
    """Tell when each message arrived."""
    return web.json_response(arrivals)


if __name__ == "__main__":
    app = web.Application()
    app.router.add_post("/{connection}", push)
    app.router.add_get("/", show)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)

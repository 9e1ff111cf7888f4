"""Rate limits: a token bucket per client, in Valkey; without Valkey requests are let through."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import redis
from django.conf import settings
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from crm.models import Partner

log = logging.getLogger(__name__)

TAKE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1e6
local size, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = math.min(size, (known[1] or size) + (now - (known[2] or now)) * rate)
local taken = 0
if left >= 1 then left = left - 1; taken = 1 end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / rate * 1000))
return {taken, tostring(left)}
"""
"""Takes one of the bucket's requests, if one is left; returns whether, and how many are left."""

SECONDS = 0.5
"""How long a request waits for Valkey before it is let through."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How many requests at once, and how many more with each second."""

    name: str
    size: int
    rate: float

    @property
    def header(self) -> str:
        """Write it for ``RateLimit-Policy``."""
        return f'"{self.name}";q={self.size};w={math.ceil(self.size / self.rate)}'


@dataclass(frozen=True, slots=True)
class BucketState:
    """Whether a request was within its limit, and how many more would be now."""

    is_within: bool
    left: float
    policy: Policy

    @property
    def wait(self) -> float:
        """Return in how many seconds the next request is within the limit."""
        return max(0.0, (1 - self.left) / self.policy.rate)

    @property
    def header(self) -> str:
        """Write it for ``RateLimit``: requests left, and seconds until the bucket is full."""
        full = math.ceil((self.policy.size - self.left) / self.policy.rate)
        return f'"{self.policy.name}";r={math.floor(self.left)};t={full}'


CLIENT = Policy("client", size=1000, rate=100)
SIGN_IN = Policy("sign-in", size=120, rate=2)
ADDRESSES = Policy("addresses", size=20, rate=0.5)
"""Of requests that wait until an address of the partner answers."""


def take(policy: Policy, who: str) -> BucketState | None:
    """Take one request from somebody's bucket; None where there is no Valkey to count in."""
    key = f"throughline:rate:{policy.name}:{who}"
    try:
        taken, left = _server(settings.REDIS_URL).eval(TAKE, 1, key, policy.size, policy.rate)
    except (redis.RedisError, OSError):
        log.exception("Requests to the API are not limited: Valkey does not answer.")
        return None
    return BucketState(bool(taken), float(left), policy)


def limit_asking(partner: Partner) -> None:
    """Refuse a request that has an address of the partner asked, if that is too many."""
    taken = take(ADDRESSES, str(partner.pk))
    if taken is not None and not taken.is_within:
        raise Throttled(wait=taken.wait)


class ClientRate(BaseThrottle):
    """Limits the requests of each partner's client; others are not its business."""

    taken: BucketState | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Take a request from the bucket of the client, and keep what is left for the headers."""
        user: Any = request.user
        if not isinstance(user, Partner):
            return True
        self.taken = view.rate = take(CLIENT, str(user.pk))
        return self.taken is None or self.taken.is_within

    def wait(self) -> float | None:
        """Return in how many seconds the next request is within the limit."""
        return self.taken.wait if self.taken else None


@lru_cache
def _server(url: str) -> Any:
    return redis.Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)

"""Embedded PostgreSQL and Valkey for a checkout without servers of its own; see ``use``."""

from config.embedded.lifecycle import ServiceUrls, use
from config.embedded.processes import ServicesUnavailable

__all__ = ["ServiceUrls", "ServicesUnavailable", "use"]

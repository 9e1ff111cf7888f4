"""A private PostgreSQL and Valkey for a checkout that was given neither; ``use`` is the door."""

from config.embedded.processes import ServicesUnavailable
from config.embedded.sharing import Services, use

__all__ = ["Services", "ServicesUnavailable", "use"]

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Properties are judged by their answers; a busy machine must not fail them for their pace.
settings.register_profile("pricing", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("pricing")

"""All settings, from the environment only. ``docs/settings.md`` lists the variables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
from celery.schedules import crontab
from csp.constants import NONE, SELF
from environs import validate
from psycopg.conninfo import conninfo_to_dict

from config import environment, services
from config.api_settings import (
    OAUTH2_PROVIDER,  # noqa: F401  # read by the OAuth toolkit
    OAUTH2_PROVIDER_APPLICATION_MODEL,  # noqa: F401  # read by the OAuth toolkit
    SPECTACULAR_SETTINGS,  # noqa: F401  # read by drf-spectacular
)
from config.celery import app as celery_app  # noqa: F401  # what @shared_task binds to
from config.logs import logging_settings

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

env = environment.Environment(environment.dotenv_path(BASE_DIR))

# What the environment decides

DEBUG: bool = env.bool("DEBUG", False)
SECRET_KEY: str = env.str("SECRET_KEY", validate=environment.secret_key)
FIELD_ENCRYPTION_KEYS: list[str] = env.list(
    "FIELD_ENCRYPTION_KEYS", validate=environment.fernet_keys
)
DATABASE_URL: str = env.str("DATABASE_URL", "", validate=environment.postgres_url)
REDIS_URL: str = env.str("REDIS_URL", "", validate=environment.redis_url)
SITE_URL: str = env.str("SITE_URL", "http://localhost:8000", validate=environment.web_address)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [])
CSRF_TRUSTED_ORIGINS: list[str] = env.list(
    "CSRF_TRUSTED_ORIGINS", [], validate=environment.web_addresses
)
TIME_ZONE: str = env.str("TIME_ZONE", "UTC", validate=environment.time_zone)
LANGUAGE_CODE: str = env.str("LANGUAGE_CODE", "en", validate=validate.OneOf(["en"]))
LOG_LEVEL: str = env.str(
    "LOG_LEVEL", "INFO", validate=validate.OneOf(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
)
LOG_FORMAT: str = env.str("LOG_FORMAT", "", validate=validate.OneOf(["", "json", "console"]))
ROLE: str = env.str(
    "ROLE", "command", validate=validate.OneOf(["web", "worker", "relay", "command"])
)
DATABASE_POOL_SIZE: int = env.whole("DATABASE_POOL_SIZE", 8, validate=environment.positive)
VAR_DIR: Path = env.path("THROUGHLINE_VAR", BASE_DIR / "var")
PRIVATE_SERVICES: bool = env.bool("PRIVATE_SERVICES", DEBUG)
OFFLINE: bool = env.bool("OFFLINE", False)
METRICS_TOKEN: str = env.str("METRICS_TOKEN", "")
OUTBOUND_NETWORKS: list[str] = env.list(
    "OUTBOUND_NETWORKS",
    ["127.0.0.0/8", "::1/128"] if DEBUG else [],
    validate=environment.networks,
)

COMPANY_NAME: str = env.str("COMPANY_NAME", "Throughline")
COMPANY_COUNTRY: str = env.str("COMPANY_COUNTRY", "DE", validate=environment.country)
COMPANY_CURRENCY: str = env.str("COMPANY_CURRENCY", "EUR", validate=environment.currency)
COMPANY_TAX_ID: str = env.str("COMPANY_TAX_ID", "")

EMAIL_HOST: str = env.str("EMAIL_HOST", "")
EMAIL_PORT: int = env.whole("EMAIL_PORT", 587, validate=environment.positive)
EMAIL_HOST_USER: str = env.str("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD: str = env.str("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS: bool = env.bool("EMAIL_USE_TLS", True)
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", "throughline@localhost")

SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_HSTS_SECONDS: int = env.whole("SECURE_HSTS_SECONDS", 0 if DEBUG else 31_536_000)
TRUST_PROXY: bool = env.bool("TRUST_PROXY", False)

if not (PRIVATE_SERVICES or OFFLINE):
    env.require(DATABASE_URL=DATABASE_URL, REDIS_URL=REDIS_URL)

env.report_mistakes()

# Applications

INSTALLED_APPS = [
    "demo.apps.DemoConfig",
    "web.apps.WebConfig",
    "api.apps.ApiConfig",
    "fulfilment.apps.FulfilmentConfig",
    "sales.apps.SalesConfig",
    "crm.apps.CrmConfig",
    "common",
    "config.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.forms",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "template_partials",
]

MIDDLEWARE = [
    "api.middleware.AnswerInProblems",  # what is refused before a request has its id
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.middleware.RefuseNulCharacters",
    "common.middleware.StripDirectionControls",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "api.middleware.AnswerInProblems",  # all the rest, with the id of the request
    "django_htmx.middleware.HtmxMiddleware",
    "web.middleware.SayWhoIsSignedOut",
    "crm.history.HistoryMiddleware",
    "web.middleware.RunFormsOnce",
    "web.middleware.SayWhatWasDeleted",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.theme.theme",
            ],
        },
    },
]
FORM_RENDERER = "web.forms.base.FormRenderer"

# ServiceUrls

if not OFFLINE:
    DATABASE_URL, REDIS_URL = services.resolve_urls(DATABASE_URL, REDIS_URL, VAR_DIR, ROLE)


def _database(url: str, role: str) -> dict[str, Any]:
    """Turn an address into Django's settings; only the web role pools.

    Celery closes a pool after every task (celery#10554), so elsewhere a connection simply stays.
    """
    options: dict[str, Any] = {"connect_timeout": 5, **conninfo_to_dict(url)}
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host"}
    settings = {name: options.pop(option, "") for name, option in names.items()}
    options.setdefault("application_name", f"throughline {role}")  # shown in pg_stat_activity
    # Compiling by JIT costs more than our short queries take.
    server = ["-c jit=off"]
    if role != "command":
        # A process that is frozen in a transaction must not keep its locks.
        server.append("-c idle_in_transaction_session_timeout=30s")
        # Reads of a record join up to ten tables by primary key, each fanning out from the record:
        # the written order is the best one, and trying all others takes 5 to 17 ms. Commands, such
        # as `verify`, join whole tables and let the planner choose.
        server.append("-c join_collapse_limit=1")
    options["options"] = " ".join([*server, options.get("options", "")]).strip()
    # For statements that ask to be prepared; those of Django's own cursor never are.
    options.setdefault("prepare_threshold", 5)
    pooled = role == "web"
    if pooled:
        options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **settings,
        "PORT": options.pop("port", ""),
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pooled else 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database(DATABASE_URL, ROLE)}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "throughline",
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}

SESSION_ENGINE = "django.contrib.sessions.backends.db"
MESSAGE_STORAGE = "django.contrib.messages.storage.fallback.FallbackStorage"

# Triggers follow the code: `migrate` puts in what differs. See docs/adr/.

PGTRIGGER_MIGRATIONS = False

# History: written by triggers, row by row (a plan for whole statements, once made for one row, is
# kept for the session and turns quadratic for many). All that a transaction did has one moment.

PGHISTORY_APPEND_ONLY = True

# Celery only wakes workers; the tables are the queue. See docs/adr/.

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Celery's default, a new database connection for every task, costs a third of a delivery.
CELERY_DB_REUSE_MAX = 10**9
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "fulfilment.sweep", "schedule": 1.0, "options": {"expires": 10}},
    "read-orders": {"task": "fulfilment.read_orders", "schedule": 5.0, "options": {"expires": 10}},
    "reconcile": {
        "task": "fulfilment.reconcile",
        "schedule": crontab(hour=2, minute=30),
        "options": {"expires": 3600},
    },
    "forget-submissions": {
        "task": "web.forget_submissions",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
    "forget-responses": {
        "task": "api.forget_responses",
        "schedule": 3600.0,
        "options": {"expires": 600},
    },
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True

# A worker waits for its broker for ever; other processes, which only send wake-ups, never wait.
if ROLE == "worker":
    CELERY_BROKER_CONNECTION_MAX_RETRIES = None
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, float] = {"unacked_restore_throttle": 1}
else:
    CELERY_BROKER_CONNECTION_TIMEOUT = 1
    CELERY_BROKER_CONNECTION_RETRY = False
    CELERY_BROKER_POOL_ACQUIRE_TIMEOUT = 0.5
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 0.5,
        "socket_connect_timeout": 0.5,
        "max_retries": 0,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }

# Users and sign-in

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["crm.authentication.OneReadBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.signup.InvitationOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = None

# Language and time

USE_I18N = True
USE_TZ = True
LANGUAGES = [("en", "English")]  # a language joins when its catalogue is complete
LOCALE_PATHS = [BASE_DIR / "locale"]

# Files

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
VENDOR_DIR = BASE_DIR / "var" / "vendor"
STATICFILES_DIRS = [folder for folder in (BASE_DIR / "static", VENDOR_DIR) if folder.is_dir()]
WHITENOISE_USE_FINDERS = DEBUG
# Look files up when they are asked for: a list of them takes 50 ms, and each test client makes one.
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = VAR_DIR / "media"

# Mail

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_TIMEOUT = 10

# Security

_secure = not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# API

REST_FRAMEWORK = {
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS is refused as other methods are
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.negotiation.JsonNegotiation",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "api.openapi.ComponentSchema",
    "EXCEPTION_HANDLER": "api.problems.problem_response",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
}
# Logs

DJANGO_STRUCTLOG_CELERY_ENABLED = True
LOGGING_CONFIG = "logging.config.dictConfig"
LOGGING = logging_settings(LOG_LEVEL, LOG_FORMAT or ("console" if DEBUG else "json"))

"""Every setting, from the environment: docs/operations.md explains each variable."""

from pathlib import Path
from typing import Any

from csp.constants import NONCE, NONE, SELF
from psycopg.conninfo import conninfo_to_dict

from config import env
from config.launcher.addresses import addresses, broker_url
from config.logs import logging_table

ROOT = Path(__file__).resolve().parent.parent
VERSION = "0.3.0"

# --- Who and where --------------------------------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", False)
# On this computer only: no HTTPS, a known key. So it is where no database is named and the embedded ones are used.
DEMO = env.boolean("DEMO", not env.text("DATABASE_URL", ""))
SECRET_KEY = env.text("SECRET_KEY", "only-for-this-computer" * 3) if DEMO or DEBUG else env.text("SECRET_KEY")
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")  # what links in mails begin with
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "backend",  # before those whose templates it replaces
    "csp",
    "django_filters",
    "django_structlog",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "config",
    "sharing",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "backend.gate.InputGate",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]

# --- PostgreSQL, the truth ------------------------------------------------------------------------------------------
_embedded = addresses()  # where the demo's own servers listen; a server that is not there is found out on first use


def _database(url: str) -> dict[str, Any]:
    known = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {names[name]: value for name, value in known.items() if name in names} | {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {name: value for name, value in known.items() if name not in names},
    }


DATABASES = {"default": _database(env.text("DATABASE_URL", _embedded.database_url))}
_statement_timeout = env.text("STATEMENT_TIMEOUT", "60s")
# No request and no task may hang on the database: see docs/operations.md for what each limit gives.
DATABASES["default"]["OPTIONS"] |= {
    "connect_timeout": 5,
    "options": "-c lock_timeout=3s -c idle_in_transaction_session_timeout=120s"
    f" -c statement_timeout={_statement_timeout}",
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis, the doorbell; Celery, the hands --------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL", _embedded.redis_url)
EVENT_DOORBELL = "tasks.events.ring"
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,  # kombu's default of 10 finds a killed worker's task only after 100 s
    "socket_connect_timeout": 2,
    "socket_timeout": 10,
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # in memory: no task is rare enough to need a file that may break

# --- Members --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "sharing.Member"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"

# --- What browsers may do -------------------------------------------------------------------------------------------
HTTPS = env.boolean("HTTPS", not (DEMO or DEBUG))
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # probes come from inside, without TLS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.boolean("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 60 * 60  # a working day
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],  # the docs page's style sheet draws its icons so
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# --- The API --------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "backend.auth.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["backend.auth.permissions.ActsForSomeone"],
    "DEFAULT_PARSER_CLASSES": ["backend.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_FILTER_BACKENDS": ["backend.api.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "backend.api.schema.HouseSchema",
    "DEFAULT_PAGINATION_CLASS": "backend.api.pagination.KeysetPagination",
    "EXCEPTION_HANDLER": "backend.api.errors.problem",
    "DEFAULT_THROTTLE_CLASSES": [],
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Allmende",
    "DESCRIPTION": "Municipalities share staff, tools and projects.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "DismissalReasonEnum": "sharing.matching.models.Dismissal.Reason",
        "DeclineReasonEnum": "sharing.networks.labels.REASON_CHOICES",
        "EndingEnum": "sharing.networks.labels.ENDING_CHOICES",
        "ListingStateEnum": "sharing.listings.labels.STATE_CHOICES",
        "NetworkStateEnum": "sharing.networks.labels.STATE_CHOICES",
    },
    "SORT_OPERATION_PARAMETERS": False,
}

# --- Mail -----------------------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 10
EMAIL_USE_LOCALTIME = True  # the Date of a mail in the site's zone
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Allmende <allmende@localhost>")
DIGESTS_AT_ONCE = env.boolean("DIGESTS_AT_ONCE", False)  # for the demo: do not wait for the members' day and hour
# Another text model than the embedded one, by its name in the sentence-transformers package; empty: the embedded one.
TEXT_MODEL = env.text("TEXT_MODEL", "")
# Where the workers of this machine keep the market as files that they share; empty: they read rows, as a small one can.
SHELF_FOLDER = env.text("SHELF_FOLDER", "")
DEMO_MAIL_FOLDER = env.text("DEMO_MAIL_FOLDER", "")

# --- Languages, time, files, logs -----------------------------------------------------------------------------------
LANGUAGE_CODE = "de"
LANGUAGES = [("de", "Deutsch"), ("en", "English")]
LOCALE_PATHS = [ROOT / "backend" / "locale"]
TIME_ZONE = "Europe/Berlin"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(ROOT / "staticfiles")) if HTTPS else None
WHITENOISE_USE_FINDERS = DEMO or DEBUG  # production collects; the demo takes files where they lie
LOGGING = logging_table(as_json=env.boolean("LOG_JSON", HTTPS), level=env.text("LOG_LEVEL", "INFO"))

"""Every setting, read from the environment; `.env.example` explains each variable.

A missing value gets a safe default. A dangerous or half-set value is reported by the system checks
in ``config/checks/settings.py``, which `manage.py check` shows; on an error nothing starts.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.beat import schedule
from config.csp import content_policy
from config.demo.valkey import default_socket
from config.observability.logging import to_stderr
from config.postgresql.connection import HurriedConnection
from config.redis.urls import broker_url
from config.retention import KEPT_FOR

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
# It would quote a malformed line of the file, and with it a secret.
logging.getLogger("environ").setLevel(logging.CRITICAL)
env.read_env(env.path("ENV_FILE", default=str(BASE_DIR / ".env"))())


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """Return the comma-separated words of a variable, without the space around them."""
    found: list[str] = env.list(name, default=list(default))
    return [word.strip() for word in found if word.strip()]


# --- Django ------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
BASE_URL = env.str("BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
_base = urlsplit(BASE_URL)
_https = _base.scheme == "https"
ALLOWED_HOSTS = words("ALLOWED_HOSTS", [_base.hostname or "127.0.0.1"])
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]

INSTALLED_APPS = [
    "config",
    "messaging",
    "accounts",
    "integrations",
    "config.portal.apps.PortalConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "auditlog",
    "csp",
]

MIDDLEWARE = [
    "config.health.probes.ProbeMiddleware",
    "config.http.fail_fast.HurryMiddleware",
    "config.observability.request_ids.CorrelationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    # Before the first that looks anything up.
    "config.http.readable.ReadableMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    # Before the check of forms, whose refusals count as well.
    "config.rate_limits.middleware.LimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.signin.middleware.SessionMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.signin.middleware.StaffSecondFactorMiddleware",
    "accounts.signin.acting.ActorMiddleware",
    "config.http.methods.MethodMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 14},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.members.session.acting",
            ],
        },
    },
]

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ja", _("Japanese")), ("ko", _("Korean"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# The contract's limit for one event (64 KB, 1 KB = 1024 bytes); larger bodies are refused unread.
EVENT_BODY_LIMIT = 64 * 1024
# And for a batch of events (1 MiB), which its own view enforces.
BATCH_BODY_LIMIT = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = EVENT_BODY_LIMIT

# --- Transport security ------------------------------------------------------------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
# The prefix makes browsers refuse a cookie that another host of the same domain has planted.
SESSION_COOKIE_NAME = "__Host-session" if _https else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else "csrf"
DEVICE_COOKIE_NAME = "__Host-device" if _https else "device"
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
# No other site learns an address. Not "no-referrer": browsers would then call the origin of our own
# forms "null", and the CSRF check refuses that.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = content_policy()

# --- Sign-in -------------------------------------------------------------------------------------

LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
LOGOUT_REDIRECT_URL = "account_signed_out"
# The end of a session that is in use; one that rests ends after SESSION_IDLE.
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_IDLE = timedelta(hours=1)
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.signin.adapters.AccountAdapter"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
MFA_ADAPTER = "accounts.signin.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "add_webauthn": "accounts.signin.passkeys.AddPasskeyForm",
    "authenticate_webauthn": "accounts.signin.passkeys.SecondFactorForm",
    "login_webauthn": "accounts.signin.passkeys.LoginForm",
    "reauthenticate_webauthn": "accounts.signin.passkeys.ProofForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Kotozute"
# Proxies in front that each add one address to X-Forwarded-For; the rate limits count by network.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
# The log keeps the actor and the change; the network they came from is nobody's business.
AUDITLOG_DISABLE_REMOTE_ADDR = True

# --- Data ----------------------------------------------------------------------------------------

# Master keys that wrap access tokens and every organization's data key, newest first.
ENCRYPTION_KEYS = words("ENCRYPTION_KEYS")
# Signs the receipts of purges (Ed25519, 32 bytes in base64), and keys the hashes they contain.
RECEIPT_SIGNING_KEY = env.str("RECEIPT_SIGNING_KEY", default="")
# django-cryptography derives a key of its own when it is imported, by default from SECRET_KEY.
# Nothing is ever encrypted with it: integrations/encryption always passes keys and signer.
CRYPTOGRAPHY_KEY = "not used"

try:
    _database = env.db("DATABASE_URL", default="sqlite:///")
except ValueError:
    # The original complaint quotes a part of the address, which may be the password.
    raise ImproperlyConfigured("DATABASE_URL is not a valid address.") from None
if _database["ENGINE"] == "django.db.backends.sqlite3" and _database["NAME"] == ":memory:":
    # Not as an address, in which a character of the checkout's path could mean something else.
    _database["NAME"] = str(BASE_DIR / "db.sqlite3")
DATABASES = {"default": _database}
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=20)
if _database["ENGINE"] == "django.db.backends.sqlite3":
    # Without IMMEDIATE a transaction that reads before it writes fails at once when another
    # process writes; FULL makes the `202` mean "on disk" even when the machine loses power.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
elif _database["ENGINE"] == "django.db.backends.postgresql":
    _database["ENGINE"] = "config.postgresql"
    # Opening a connection per request is the one cliff of PostgreSQL under threads.
    _database["OPTIONS"] = {
        # A host that has vanished says nothing; the system's own patience is two hours.
        "connect_timeout": 2,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        **_database.get("OPTIONS", {}),
        "pool": {
            "min_size": 1,
            "max_size": DATABASE_POOL_SIZE,
            # As the log calls it.
            "name": f"postgres at {_database['HOST'] or 'socket'}:{_database['PORT'] or 5432}",
            "timeout": 10,
            # The pool's pauses between two tries grow; whoever wants a connection begins anew.
            "reconnect_timeout": 3,
            "connection_class": HurriedConnection,
        },
        # Of what goes through core/db/cursor.py; the ORM's own cursors prepare nothing.
        "prepare_threshold": 1 if env.bool("DATABASE_PREPARE", default=True) else None,
    }
    if env.bool("DATABASE_PREPARE", default=True):
        # Compiling one, or planning it anew, takes longer than it runs; an old PgBouncer refuses.
        _database["OPTIONS"]["options"] = "-c jit=off -c plan_cache_mode=force_generic_plan"
    _database["CONN_HEALTH_CHECKS"] = True

# --- Broker and workers --------------------------------------------------------------------------

# Any Redis or Valkey; by default the embedded Valkey of this checkout (`manage.py valkey`).
REDIS_URL = env.str("REDIS_URL", default="")
REDIS_EMBEDDED = not REDIS_URL
if REDIS_EMBEDDED:
    REDIS_URL = f"unix://{quote(str(default_socket(BASE_DIR)))}"
WORKER_THREADS = env.int("WORKER_THREADS", default=16)
# Counters of the rate limits, which all web processes must share.
CACHES = {
    "default": {
        "BACKEND": "config.redis.json_cache.JsonRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "kotozute",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2.5},
    },
}

CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Celery would give up after a hundred tries.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Nothing that is read from the broker can run code.
CELERY_ACCEPT_CONTENT = CELERY_RESULT_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = CELERY_EVENT_SERIALIZER = "json"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # A wake-up is a hint. Waiting long for a broker that is down would only slow the accept down.
    "max_retries": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 2.5,
    "visibility_timeout": 120,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "health_check_interval": 10,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_POOL = "threads"
CELERY_WORKER_CONCURRENCY = WORKER_THREADS
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"
# The schedule lives in memory: every job is safe to run once more after a restart of beat.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

# --- The relay ---------------------------------------------------------------------------------

# Slices of an installation's recipients, and so the most calls in flight per token.
RELAY_LANES = 8
# A lane is handed back to the queue after this long, so that other tenants get their turn.
RELAY_TIME_SLICE = timedelta(seconds=5)
# A worker silent for longer has lost its lane; time slice and longest call stay well below.
RELAY_LEASE = timedelta(seconds=env.float("RELAY_LEASE_SECONDS", default=60))
# How long an unconfirmed delivery waits for its echo before it is sent once more.
RELAY_UNCONFIRMED_WAIT = timedelta(seconds=env.float("RELAY_UNCONFIRMED_SECONDS", default=60))
RELAY_SWEEP_EVERY = timedelta(seconds=env.float("RELAY_SWEEP_SECONDS", default=5))
# Before a DM is sent the target is asked whose the account is, if its last answer is older.
LINK_CHECK_AGE = timedelta(minutes=env.float("LINK_CHECK_MINUTES", default=15))
# Links to which nothing is sent are looked at this often all the same, spread out over the day.
LINK_RECHECK_EVERY = timedelta(hours=24)
LINK_ROUND_EVERY = timedelta(minutes=10)

# --- Removal and retention ------------------------------------------------------------------------

# By when everything of a removed installation or organization is gone; a reinstall before that
# keeps the links.
REMOVAL_GRACE = timedelta(days=env.float("REMOVAL_GRACE_DAYS", default=7))
# A purge gives its worker back after this long and goes on with the next beat.
PURGE_TIME_SLICE = timedelta(seconds=20)
PURGE_EVERY = timedelta(seconds=env.float("PURGE_EVERY_SECONDS", default=30))
RETENTION = KEPT_FOR

# --- ovice ---------------------------------------------------------------------------------------

OVICE_EVENT_SECRETS = words("OVICE_EVENT_SECRETS")
OVICE_CONNECTOR_KEYS = words("OVICE_CONNECTOR_KEYS")
CONNECTOR_REQUESTS_PER_MINUTE = env.int("CONNECTOR_REQUESTS_PER_MINUTE", default=1200)
OVICE_LAUNCH_JWKS_URL = env.str("OVICE_LAUNCH_JWKS_URL", default="")
OVICE_LAUNCH_SECRET = env.str("OVICE_LAUNCH_SECRET", default="")
OVICE_ISSUER = env.str("OVICE_ISSUER", default="")
OVICE_ALLOWED_HOSTS = words("OVICE_ALLOWED_HOSTS", ["app.ovice.com"])
# Where whole directories are read, and the key that is shown for it; both or none.
OVICE_DIRECTORY_URL = env.str("OVICE_DIRECTORY_URL", default="")
OVICE_DIRECTORY_KEY = env.str("OVICE_DIRECTORY_KEY", default="")
OVICE_CALLBACK_URL = env.str("OVICE_CALLBACK_URL", default="")
OVICE_CALLBACK_SECRET = env.str("OVICE_CALLBACK_SECRET", default="")
# Whether ovice is told of single messages that could not be delivered, by their ids.
OVICE_CALLBACK_FAILURES = env.bool("OVICE_CALLBACK_FAILURES", default=False)
CALLBACK_SWEEP_EVERY = timedelta(seconds=env.float("CALLBACK_SWEEP_SECONDS", default=15))
CELERY_BEAT_SCHEDULE = schedule(
    sweep=RELAY_SWEEP_EVERY,
    links=LINK_ROUND_EVERY,
    purge=PURGE_EVERY,
    callbacks=CALLBACK_SWEEP_EVERY,
)

# --- Workplace -----------------------------------------------------------------------------------

WORKPLACE_GRAPH_URL = env.str("WORKPLACE_GRAPH_URL", default="https://graph.workplace.com")
WORKPLACE_WEB_URL = env.str("WORKPLACE_WEB_URL", default="https://work.workplace.com")
WORKPLACE_APP_ID = env.str("WORKPLACE_APP_ID", default="")
WORKPLACE_APP_SECRET = env.str("WORKPLACE_APP_SECRET", default="")
WORKPLACE_WEBHOOK_VERIFY_TOKEN = env.str("WORKPLACE_WEBHOOK_VERIFY_TOKEN", default="")

# --- The public pages ----------------------------------------------------------------------------

# Publisher of this instance, named in terms, privacy and the app's listing; and the address to
# write to.
PUBLISHER = env.str("PUBLISHER", default="Kotozute")
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="")

# --- Mail and reports --------------------------------------------------------------------------

_email = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = _email["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _email["EMAIL_HOST"], _email["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _email["EMAIL_HOST_USER"], _email["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL, EMAIL_TIMEOUT = _email.get("EMAIL_USE_SSL", False), 10
# Addresses for mail about removals, and about purges that are in trouble.
OPERATOR_EMAILS = words("OPERATOR_EMAILS")
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default=f"Kotozute <no-reply@{_base.hostname}>")
# How often the audit is made, and for how long it compares what was accepted with its end.
AUDIT_EVERY = timedelta(seconds=env.float("AUDIT_SECONDS", default=60))
AUDIT_WINDOW = timedelta(hours=env.float("AUDIT_HOURS", default=3))
# Called while it finds all well, and with the suffix when not. Anybody who knows the address could
# call it too.
HEARTBEAT_URL = env.str("HEARTBEAT_URL", default="")
HEARTBEAT_FAIL_SUFFIX = env.str("HEARTBEAT_FAIL_SUFFIX", default="")

# --- Watching it ---------------------------------------------------------------------------------

# Token that opens /metrics; and the address where a worker serves its own, as 127.0.0.1:9101.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
WORKER_METRICS_ADDRESS = env.str("WORKER_METRICS_ADDRESS", default="")
SENTRY_DSN = env.str("SENTRY_DSN", default="")
# The standard name: where traces are sent; empty makes none.
TRACES_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", default="")
LOGGING = to_stderr(
    env.str("LOG_LEVEL", default="INFO"),
    env.str("LOG_FORMAT", default="console" if DEBUG else "json"),
    reports=bool(SENTRY_DSN),
)

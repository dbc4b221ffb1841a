"""The product's own settings, in an environment fixed for tests."""

import os
import tempfile
from urllib.parse import urlsplit

os.environ.update(
    {
        "ENV_FILE": os.devnull,
        "SECRET_KEY": "tests-only-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz",
        "ENCRYPTION_KEYS": "dGVzdHMtb25seS1lbmNyeXB0aW9uLWtleS0zMmJ5dGU=",
        "RECEIPT_SIGNING_KEY": "dGVzdHMtb25seS1yZWNlaXB0LXNpZ25pbmcta2V5ISE=",
        "OVICE_EVENT_SECRETS": "whsec_dGVzdHMtb25seS1ldmVudC1zZWNyZXQtMzJieXRlcyE=",
        "BASE_URL": "http://127.0.0.1:8000",
        "ALLOWED_HOSTS": "127.0.0.1,testserver",
        "WORKPLACE_GRAPH_URL": "http://127.0.0.1:9",
        "WORKPLACE_WEB_URL": "http://127.0.0.1:9",
    }
)
os.environ.setdefault("LOG_LEVEL", "WARNING")
if os.environ.get("REDIS_URL") and "PYTEST_XDIST_WORKER" in os.environ:
    # Systems that share one of Redis' databases would take each other's wake-ups.
    _own = f"/{int(os.environ['PYTEST_XDIST_WORKER'].removeprefix('gw')) + 1}"
    os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=_own).geturl()

from config.settings import *  # noqa: F403 - the environment must come first

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Collected files are served by the real processes only; here there are none to warn about.
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405 - from above
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):  # noqa: F405 - from above
    # A file, since threads of one test must meet the locks that processes meet.
    name = f"{tempfile.gettempdir()}/kotozute-tests-{os.getpid()}.sqlite3"
    DATABASES["default"]["TEST"] = {"NAME": name}  # noqa: F405 - from above
    # SQLite happens to keep the order of insertion and PostgreSQL does not: nobody may lean on it.
    backwards = "PRAGMA reverse_unordered_selects=ON;"
    DATABASES["default"]["OPTIONS"]["init_command"] += backwards  # noqa: F405 - from above
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405 - from above
    # Who waits for a lock in a test waits for good; better to fail and name the statement.
    DATABASES["default"]["OPTIONS"]["options"] += " -c lock_timeout=30s"  # noqa: F405 - from above

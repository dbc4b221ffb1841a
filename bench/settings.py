"""The product's own settings, plus the app that holds what it is compared with."""

from config.settings import *  # noqa: F403 - everything is the product's

INSTALLED_APPS = [*INSTALLED_APPS, "bench"]  # noqa: F405 - from above
ROOT_URLCONF = "bench.urls"

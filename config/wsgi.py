"""The WSGI application that gunicorn serves."""

import os
from importlib import import_module

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from config.http.charset import Utf8Request
from config.http.chunked import with_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Handler(WSGIHandler):
    """Django's own, for requests in UTF-8."""

    request_class = Utf8Request


django.setup(set_prefix=False)
application = with_length(Handler())
# Every view is imported before the first request, not by several of them at once.
import_module(settings.ROOT_URLCONF)

"""The product's addresses, and the views that it is compared with."""

from django.urls import path

from bench.views import obvious, one_insert
from config.urls import urlpatterns as product

urlpatterns = [path("one-insert", one_insert), path("obvious", obvious), *product]

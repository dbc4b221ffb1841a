"""The addresses of the views that the product is compared with."""

from django.urls import path

from bench.views import obvious, one_insert

urlpatterns = [path("one-insert", one_insert), path("obvious", obvious)]

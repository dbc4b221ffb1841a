"""The product's addresses, and the views that it is compared with."""

from django.urls import path

from bench.views import obvious, one_insert
from config.rate_limits.doors import DOORS, Unlimited
from config.urls import urlpatterns as product

# What the product takes in is proven and so never counted: neither is what it is compared with.
DOORS |= dict.fromkeys(["one-insert", "obvious"], Unlimited("a benchmark"))

urlpatterns = [path("one-insert", one_insert), path("obvious", obvious), *product]

"""What integrations counts for the operator's dashboards; labels never name a customer."""

from prometheus_client import Counter, Gauge

SIGNED_REQUESTS = Counter(
    "kotozute_signed_requests_total",
    "Signed requests of a platform, by what they meant; `refused` is everything not proven.",
    ["outcome"],
)
PURGED_ROWS = Counter("kotozute_purged_rows_total", "Rows purged, by the reason.", ["reason"])
REMOVALS_IN_TROUBLE = Gauge(
    "kotozute_removals_in_trouble",
    "Removals whose purge is late, stuck, failed or overdue.",
    ["trouble"],
    multiprocess_mode="mostrecent",
)

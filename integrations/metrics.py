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
INCIDENTS = Gauge(
    "kotozute_incidents",
    "Incidents that the audit has confirmed and that are not over, by kind.",
    ["kind"],
    multiprocess_mode="mostrecent",
)
AUDITED = Gauge(
    "kotozute_audit_timestamp_seconds",
    "When the last audit was made, by any process anywhere, in seconds since 1970.",
    multiprocess_mode="mostrecent",
)

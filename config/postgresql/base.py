"""The database wrapper that Django makes of ``ENGINE``."""

import time
from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import PoolTimeout

from config.postgresql.breaker import breaker, patience
from config.postgresql.connection import look


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with the circuit breaker before the pool."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Take a connection out of the pool; a request gets none while the breaker is open."""
        if patience() is None:
            return super().get_new_connection(conn_params)
        breaker.require_closed()
        began = time.monotonic()
        try:
            return super().get_new_connection(conn_params)
        except PoolTimeout:
            breaker.missed(began, look)
            raise

"""Celery's connection to the broker, which outlives a broker that vanishes, refuses or holds junk.

All that is in the broker are hints, and a lost one the sweep repeats: whatever is wrong with it,
a worker goes on, tries again soon, and passes over what it cannot read.
"""

from typing import Any

import structlog
from celery.app.amqp import AMQP
from kombu import Connection
from kombu.transport import redis
from redis.exceptions import ConnectionError as RedisConnectionError

logger = structlog.stdlib.get_logger(__name__)

# Tried again so often: what waits is delivered within ten seconds of the end of an outage.
LONGEST_PAUSE = 2.0
# Exceptions that a malformed message raises.
_JUNK = (TypeError, ValueError, AttributeError, LookupError, RecursionError)
# Written to see whether the broker takes anything.
_MARK = "kotozute-takes-writes"
_PARTS_OF_A_BINDING = 3


class QoS(redis.QoS):
    """kombu's note of what workers have in hand, out of which junk is thrown away."""

    def restore_by_tag(self, tag: Any, client: Any = None, leftmost: bool = False) -> None:
        """Put back into the queue what a worker had in hand that has vanished."""
        try:
            super().restore_by_tag(tag, client, leftmost)
        except _JUNK as error:
            logger.warning("junk in hand was dropped", error=type(error).__name__)
            channel: Any = self.channel
            with channel.conn_or_acquire(client) as connection:
                connection.hdel(self.unacked_key, tag)
                connection.zrem(self.unacked_index_key, tag)


class Channel(redis.Channel):
    """kombu's channel, which neither a lost connection nor junk in the queue ends.

    kombu 5.7 raises ``AttributeError`` where something is given back or acknowledged on a channel
    whose connection was lost, and that ends the worker with every call it has in hand. Celery knows
    how to go on after the error that is raised here.
    """

    QoS = QoS

    def _connparams(self, asynchronous: bool = False) -> Any:
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("the connection of this channel was lost")
        return super()._connparams(asynchronous)  # type: ignore[misc] # not in its stubs

    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[misc] # not in its stubs
        except _JUNK as error:
            logger.warning("junk in the queue was dropped", error=type(error).__name__)
            return True

    def get_table(self, exchange: str) -> Any:
        """Return where an exchange leads, without what is no binding."""
        found = super().get_table(exchange)
        return [binding for binding in found if len(binding) == _PARTS_OF_A_BINDING]


redis.Transport.Channel = Channel
# A broker that refuses (READONLY, MISCONF, OOM, NOPERM) passes as one that is away does.
redis.Transport.connection_errors += redis.Transport.channel_errors


class PromptConnection(Connection):
    """A connection that is tried again soon, and counts as made once the broker takes something.

    kombu's pauses grow to half a minute; and a broker that answers and refuses to write would be
    connected to and lost many times a second.
    """

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        """Do what kombu does, more often."""
        return super().ensure_connection(*args, **{"interval_max": LONGEST_PAUSE, **options})

    def _establish_connection(self) -> Any:
        transport: Any = super()._establish_connection()
        # The channel that every new connection has ready.
        (channel,) = transport._avail_channels  # noqa: SLF001 - there is no other way to ask
        with channel.conn_or_acquire() as client:
            client.set(_MARK, 1, ex=60)
        return transport


class Amqp(AMQP):
    """Has every connection of Celery's be a prompt one."""

    Connection = BrokerConnection = PromptConnection

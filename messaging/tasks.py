"""The relay's Celery tasks; each calls one plain function. Arguments are ids, never content."""

from uuid import UUID

import structlog
from celery import shared_task
from django.utils.timezone import now

from core.liveness import worker_pulse
from messaging import sweep as sweeping
from messaging.bot import profile, worker
from messaging.bot import wakeups as bot_wakeups
from messaging.delivery import relay, wakeups
from messaging.models import TALK_LANES

logger = structlog.stdlib.get_logger(__name__)


@shared_task(name=wakeups.RELAY_LANE)
def relay_lane(installation_id: str, number: int) -> None:
    """Drain one lane for one time slice."""
    relay.relay_lane(UUID(installation_id), number)


@shared_task
def forget_failed() -> None:
    """Erase the texts of dead letters that sweeps have missed."""
    sweeping.forget_all_failed()


@shared_task
def sweep() -> None:
    """Wake every lane with something due, and end what is too old or belongs to nobody any more."""
    worker_pulse.mark()
    wakeups.broker.welcome_back()
    woken, expired, orphans = sweeping.sweep_once()
    if woken or expired or orphans:
        logger.info("sweep", woken=woken, expired=expired, cancelled=orphans)


@shared_task(name=wakeups.HANDLE_UPDATES)
def handle_updates(installation_id: str, number: int = TALK_LANES[0]) -> None:
    """Work off what one installation was told by its target, in one of its bot's lanes."""
    worker.handle(UUID(installation_id), number)


@shared_task(name=bot_wakeups.INTRODUCE_BOT)
def introduce_bot(installation_id: str) -> None:
    """Make the empty chat with one installation's bot look as it should."""
    profile.introduce(UUID(installation_id))


@shared_task
def introduce_bots() -> None:
    """Set this hour's share of the bots' empty chats right again."""
    for installation_id in profile.due(now().hour):
        introduce_bot.delay(str(installation_id))

"""Intake of updates: each is stored before anything is done about it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from integrations.models import Installation
from integrations.targets.events import Update, UpdateKind
from messaging.bot.store import store
from messaging.bot.wakeups import lane_for
from messaging.bot.words import code_of
from messaging.delivery.wakeups import wake_all

# Posts that all write the installation's row would wait for each other.
TOLD_STEP = timedelta(minutes=1)


def take_in(target: str, updates: Sequence[Update], *, only: Installation | None = None) -> None:
    """Store those updates that belong to a live installation of ``target``, each once.

    With ``only`` nothing of another installation's is taken, whoever signed it.
    """
    homes = _homes(target, {update.bot_id for update in updates}, only)
    rows = [
        (homes[update.bot_id], _understood(update)) for update in updates if _is_home(homes, update)
    ]
    lanes = {(installation.id, lane_for(update.kind)) for installation, update in rows}
    if not lanes:
        return
    with transaction.atomic():
        recent = Q(told_at__gte=now() - TOLD_STEP, refused_at=None)
        # First: two posts that both hold the row to store could not both write it afterwards.
        told = {installation_id for installation_id, _number in lanes}
        deafened = Installation.objects.filter(pk__in=told).exclude(recent)
        deafened.update(told_at=now(), refused_at=None)
        store(rows)
        transaction.on_commit(partial(wake_all, lanes))


def _understood(update: Update) -> Update:
    """Return a word that was typed as a tap of the button that it stands for."""
    code = code_of(update.said) if update.kind == UpdateKind.WROTE else None
    return replace(update, kind=UpdateKind.TAPPED, code=code.value, said="") if code else update


def _homes(target: str, bot_ids: set[str], only: Installation | None) -> Mapping[str, Installation]:
    """Return the live installation of each bot; a bot belongs to one community alone."""
    live = Installation.objects.live().filter(target=target, bot_id__in=bot_ids)
    if only is not None:
        live = live.filter(pk=only.pk)
    return {installation.bot_id: installation for installation in live}


def _is_home(homes: Mapping[str, Installation], update: Update) -> bool:
    """Tell whether an update is of the bot's own community, as far as both sides name theirs.

    A custom integration may not be allowed to read which community it is in.
    """
    home = homes.get(update.bot_id)
    if home is None:
        return False
    return (
        "" in (home.community_id, update.community_id) or home.community_id == update.community_id
    )

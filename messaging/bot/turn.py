"""One turn with one person: do what they tapped, then say what came of it.

A tap's effect and the owed answer are written down together; only then is the target called.
A crash in between leaves the answer owed, and the sweep has it said.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import localtime, now

from accounts.linking.link import LinkRefused, RemovedReason, link, remove_links
from accounts.members.preferences import UNTIL_RESUMED, pause, resume
from accounts.models import Link
from core.languages import language_of
from integrations.models import Installation
from integrations.targets.errors import TargetError
from integrations.targets.events import UpdateKind
from integrations.targets.port import ChatTarget, open_target
from messaging.bot.conversation import Act, Answer, Step, spoke_in_group, tapped, wrote
from messaging.bot.person import Standing, standing_of
from messaging.bot.replies import saying
from messaging.bot.wakeups import wake
from messaging.delivery.postbacks import Code
from messaging.models.bot import TALKED, Conversation, ReceivedUpdate

logger = structlog.stdlib.get_logger(__name__)

# Longer than any call to a target takes.
LEASE = timedelta(seconds=60)
# Typed messages within this time after a note are not answered again.
QUIET = timedelta(minutes=10)
# More answers than a person's taps ask for: somebody's program is talking with us.
MOST_ANSWERS = 30
# An answer that comes later surprises more than it helps.
STALE = timedelta(minutes=10)
MOST_TRIES = 3
# So many updates of one person are looked at together.
MOST_HEARD = 1000
_CODES = frozenset(Code)


def talk(installation: Installation, account_id: str) -> bool:
    """Take a turn with this person; return False while another worker speaks with them."""
    conversation = _lease(installation, account_id)
    if conversation is None:
        return False
    try:
        if _listen(installation, conversation) == MOST_HEARD:
            wake(installation.pk)
        elif conversation.owed:
            _answer(installation, conversation)
    finally:
        Conversation.objects.filter(pk=conversation.pk).update(leased_until=None)
    return True


def _lease(installation: Installation, account_id: str) -> Conversation | None:
    Conversation.objects.get_or_create(
        installation=installation,
        account_id=account_id,
        defaults={"organization_id": installation.organization_id},
    )
    mine = Conversation.objects.filter(installation=installation, account_id=account_id)
    free = mine.filter(Q(leased_until=None) | Q(leased_until__lt=now()))
    leased = free.update(leased_until=now() + LEASE, spoken_at=now())
    return mine.get() if leased else None


@transaction.atomic
def _listen(installation: Installation, conversation: Conversation) -> int:
    """Do what was asked for in the order it was asked, and owe the last answer only.

    Returns how many updates were heard; at ``MOST_HEARD`` more are waiting.
    """
    if not Conversation.objects.select_for_update().filter(pk=conversation.pk).exists():
        # Erased since; to save it would bring it back.
        return 0
    waiting = ReceivedUpdate.objects.filter(
        installation=installation,
        account_id=conversation.account_id,
        kind__in=TALKED,
        handled_at=None,
    )
    updates = list(waiting.order_by("happened_at", "pk")[:MOST_HEARD])
    _lock_link(installation, conversation)
    for update in worth_a_turn(updates):
        _turn(installation, conversation, update)
    ReceivedUpdate.objects.filter(pk__in=[update.pk for update in updates]).update(handled_at=now())
    conversation.save()
    return len(updates)


def _lock_link(installation: Installation, conversation: Conversation) -> None:
    """Lock what a tap may end before anything that waits for it, which the tap before may touch."""
    links = Link.objects.active().filter(
        installation=installation, account_id=conversation.account_id
    )
    list(links.select_for_update(no_key=True).values_list("pk", flat=True).order_by("pk"))


def worth_a_turn(updates: Sequence[ReceivedUpdate]) -> list[ReceivedUpdate]:
    """Return the last tap of each button and the first of all other things, in their order.

    The last taps lead to the same end, however many came before; so a thousand of them cost no more
    than one of each.
    """
    chosen: dict[tuple[str, str], ReceivedUpdate] = {}
    for update in updates:
        code = update.code if update.code in _CODES else ""
        if update.kind == UpdateKind.TAPPED:
            chosen[update.kind, code] = update
        else:
            chosen.setdefault((update.kind, ""), update)
    return sorted(chosen.values(), key=lambda update: (update.happened_at, update.pk))


def _turn(installation: Installation, conversation: Conversation, update: ReceivedUpdate) -> None:
    if update.kind == UpdateKind.TAPPED and _is_overtaken(conversation, update.happened_at):
        return
    standing = standing_of(installation, conversation.account_id)
    step = _step(standing, conversation, update)
    if step.act is not None and step.act != Act.UNDO:
        _do(step.act, standing)
    if step.answer is not None and not _would_lose_undo(conversation, step):
        conversation.owed, conversation.owed_at, conversation.tries = step.answer, now(), 0


def _is_overtaken(conversation: Conversation, tapped_at: datetime) -> bool:
    """Tell whether a later tap has been obeyed already; note this one if not."""
    if conversation.tapped_at is not None and tapped_at < conversation.tapped_at:
        return True
    # A clock that is ahead must not overtake all that is tapped from now on.
    conversation.tapped_at = min(tapped_at, now())
    return False


def _would_lose_undo(conversation: Conversation, step: Step) -> bool:
    """Tell whether a mere answer would take the place of an undo, which is done as it is said."""
    return conversation.owed == Answer.UNDONE and step.act is None and step.answer != Answer.STOPPED


def _step(standing: Standing, conversation: Conversation, update: ReceivedUpdate) -> Step:
    linked = standing.link is not None
    if update.kind == UpdateKind.TAPPED:
        return tapped(update.code, linked=linked, may_undo=standing.ended is not None)
    if update.kind == UpdateKind.SPOKE_IN_GROUP:
        step = spoke_in_group(was_noted=conversation.group_noted_at is not None)
        conversation.group_noted_at = conversation.group_noted_at or now()
        return step
    step = wrote(linked=linked, was_noted=_is_recent(conversation.noted_at, QUIET))
    if step.answer is not None:
        conversation.noted_at = now()
    return step


def _do(act: Act, standing: Standing) -> None:
    """Do at once what needs nobody but us."""
    if standing.link is None:
        return
    member = standing.link.member
    match act:
        case Act.PAUSE_HOUR:
            pause(member, now() + timedelta(hours=1))
        case Act.PAUSE_TODAY:
            pause(member, _midnight(standing))
        case Act.PAUSE_OPEN:
            pause(member, UNTIL_RESUMED)
        case Act.RESUME:
            resume(member)
        case Act.STOP:
            remove_links(Link.objects.filter(pk=standing.link.pk), reason=RemovedReason.USER)


def _midnight(standing: Standing) -> datetime:
    """Return the end of this person's day."""
    tomorrow = localtime(now(), standing.zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=standing.zone)


def _answer(installation: Installation, conversation: Conversation) -> None:
    """Say what is owed, once; what cannot be said in time is let go."""
    if not _may_answer(conversation):
        conversation.owed = ""
    else:
        target = open_target(installation.target, installation.credentials())
        _say(target, installation, conversation)
    conversation.save(update_fields=["owed", "tries", "answers", "counted_at"])


def _may_answer(conversation: Conversation) -> bool:
    if not _is_recent(conversation.counted_at, QUIET):
        conversation.answers, conversation.counted_at = 0, now()
    on_time = _is_recent(conversation.owed_at, STALE) and conversation.tries < MOST_TRIES
    return on_time and conversation.answers < MOST_ANSWERS


def _say(target: ChatTarget, installation: Installation, conversation: Conversation) -> None:
    account_id = conversation.account_id
    conversation.tries += 1
    # The bot loses nothing if it fails.
    with suppress(TargetError):
        target.acknowledge(account_id)
    standing = standing_of(installation, account_id)
    answer = Answer(conversation.owed)
    if answer == Answer.UNDONE and standing.link is None:
        answer = _undo(standing)
        standing = standing_of(installation, account_id)
    language = language_for(target, standing)
    try:
        target.say(account_id, saying(answer, standing, language=language))
    except TargetError as error:
        logger.info("conversation: no answer", conversation=conversation.pk, **error.fields)
        if error.retry and not error.unconfirmed:
            return
    conversation.owed = ""
    conversation.answers += 1


def _undo(standing: Standing) -> Answer:
    """Link again whoever has just stopped, by all the rules of a new link."""
    if standing.ended is None:
        return Answer.UNDO_FAILED
    try:
        link(standing.ended.member, standing.installation)
    except LinkRefused:
        return Answer.UNDO_FAILED
    return Answer.UNDONE


def language_for(target: ChatTarget, standing: Standing) -> str:
    """Return the language to speak: the account's, else the organization's, else English."""
    locale = standing.locale
    if not locale:
        with suppress(TargetError):
            account = target.get_account(standing.account_id)
            locale = account.locale if account else ""
    return language_of(locale, standing.installation.organization.language)


def _is_recent(moment: datetime | None, span: timedelta) -> bool:
    return moment is not None and moment > now() - span


def waiting_accounts(installation: Installation, limit: int) -> Sequence[str]:
    """Return people with whom a turn is due, those who have waited longest first."""
    said = ReceivedUpdate.objects.filter(
        installation=installation, kind__in=TALKED, handled_at=None
    )
    owed = Conversation.objects.filter(installation=installation).exclude(owed="")
    accounts = [
        *said.order_by("received_at").values_list("account_id", flat=True)[:limit],
        *owed.order_by("owed_at").values_list("account_id", flat=True)[:limit],
    ]
    return list(dict.fromkeys(accounts))[:limit]

"""Codes by mail: asking for one, mailing it, and trying one.

Asking takes the same steps for every address: a row is written and a hint is queued. Only the
worker that mails finds out whether the address is anybody's. So neither the answer nor its time
tells which addresses are known.
"""

import secrets
from datetime import timedelta
from typing import cast
from uuid import UUID, uuid4

import structlog
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.timezone import now

from accounts.models import SignInCode
from accounts.models.addresses import address_hashes
from accounts.signin.login_options import entrances_of
from core.addresses import is_mailable, normalize_email
from core.languages import language_of
from core.queue import hint

logger = structlog.stdlib.get_logger(__name__)

MAIL_CODE = "accounts.tasks.mail_code"
GOOD_FOR = timedelta(minutes=10)
FAILURES_LIMIT = 5
# A code that waits longer than this for its mail has lost its hint.
HINT_LOST_AFTER = timedelta(seconds=20)
# Letters that cannot be taken for others, without vowels that would make words (RFC 8628, 6.1).
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 8


class CodeRefused(Exception):
    """The code is wrong, too old, used, or has been tried too often."""


def ask_for_code(email: str, *, language: str) -> UUID:
    """Let a code be mailed to ``email`` if somebody may sign in with it; return the try's id."""
    at = now()
    row = SignInCode(
        id=uuid4(),
        address_hash=address_hashes(email)[0],
        language=language,
        created_at=at,
        expires_at=at + GOOD_FOR,
    )
    row.address, row.code = normalize_email(email), _new_code()
    row.save(force_insert=True)
    hint(MAIL_CODE, str(row.pk))
    return row.pk


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def address_of(row: SignInCode) -> str:
    """Return the address that was typed, in the form in which addresses are compared."""
    return cast("str", row.address)


def code_of(row: SignInCode) -> str:
    """Return the code itself, without the hyphen that is shown in its middle."""
    return cast("str", row.code)


def find_code(pk: UUID) -> SignInCode | None:
    """Return the row of a code that can still be tried."""
    return SignInCode.objects.filter(
        pk=pk, used_at=None, expires_at__gt=now(), failures__lt=FAILURES_LIMIT
    ).first()


def try_code(pk: UUID, typed: str) -> str:
    """Use a code up and return the address it was mailed to, or raise ``CodeRefused``.

    Each try is counted before it is judged, so that tries at the same time count as well.
    """
    open_codes = SignInCode.objects.filter(
        pk=pk, used_at=None, expires_at__gt=now(), failures__lt=FAILURES_LIMIT
    )
    if not open_codes.update(failures=F("failures") + 1):
        raise CodeRefused
    row = SignInCode.objects.get(pk=pk)
    letters = "".join(char for char in typed.upper() if char.isalnum())
    if not secrets.compare_digest(letters.encode(), code_of(row).encode()):
        raise CodeRefused
    if not SignInCode.objects.filter(pk=pk, used_at=None).update(used_at=now()):
        raise CodeRefused
    return address_of(row)


def mail_code(pk: UUID) -> bool:
    """Mail one code if its address is somebody's who may sign in; return whether it was mailed."""
    waiting = SignInCode.objects.filter(pk=pk, mailed_at=None, used_at=None, expires_at__gt=now())
    if not waiting.update(mailed_at=now()):
        return False
    row = SignInCode.objects.get(pk=pk)
    entrances = entrances_of(address_of(row)) if is_mailable(address_of(row)) else []
    if not entrances:
        return False
    try:
        _message(row, language_of(entrances[0].locale, row.language)).send()
    except OSError as error:
        # The next sweep tries again; the error itself may quote the address.
        SignInCode.objects.filter(pk=pk).update(mailed_at=None)
        logger.warning("a sign-in code could not be mailed", error=type(error).__name__)
        return False
    return True


def _message(row: SignInCode, language: str) -> EmailMessage:
    code = code_of(row)
    context = {
        "code": f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}",
        "minutes": int(GOOD_FOR.total_seconds() // 60),
    }
    with translation.override(language):
        subject = render_to_string("account/mail/code_subject.txt", context).strip()
        body = render_to_string("account/mail/code_message.txt", context)
    return EmailMessage(subject, body, to=[address_of(row)])


def codes_to_mail() -> list[UUID]:
    """Return the codes whose mail was lost on its way to a worker, or could not be sent."""
    late = now() - HINT_LOST_AFTER
    waiting = SignInCode.objects.filter(mailed_at=None, used_at=None, expires_at__gt=now())
    return list(waiting.filter(created_at__lt=late).values_list("pk", flat=True)[:100])

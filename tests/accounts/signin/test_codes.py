"""Codes by mail: who gets one, who can use it, and what nobody can tell from outside."""

from datetime import timedelta
from statistics import median
from time import perf_counter

import pytest
import time_machine
from django.utils.timezone import now

from accounts.models import Ownership, Role, SignInCode, User
from accounts.signin import codes
from accounts.signin.codes import CodeRefused, ask_for_code, code_of, mail_code, try_code
from tests.factories import make_member, make_organization

pytestmark = pytest.mark.django_db


def ask(email: str = "hanako@example.com"):
    return ask_for_code(email, language="en")


def letters(pk) -> str:
    return code_of(SignInCode.objects.get(pk=pk))


@pytest.fixture
def hanako():
    return make_member(make_organization(), email="hanako@example.com", locale="ja")


def test_a_members_code_arrives_in_their_language_and_lets_them_in_once(hanako, mailoutbox):
    pk = ask(" Hanako@Example.com")
    assert mail_code(pk)
    mail = mailoutbox[0]
    assert (mail.to, mail.subject) == (["hanako@example.com"], "Kotozuteのサインインコード")
    code = f"{letters(pk)[:4]}-{letters(pk)[4:]}"
    assert code in mail.body
    assert try_code(pk, f" {code.lower()} ") == "hanako@example.com"
    with pytest.raises(CodeRefused):
        try_code(pk, code)


@pytest.mark.parametrize(
    "change",
    [
        {"email_verified": False},
        {"role": Role.VISITOR},
        {"role": Role.GUEST},
        {"removed_at": now()},
        {"email": "new@example.com"},
    ],
)
def test_nobody_else_is_mailed(hanako, change, mailoutbox):
    for name, value in change.items():
        setattr(hanako, name, value)
    hanako.save()
    assert not mail_code(ask())
    assert mailoutbox == []


def test_users_get_a_code_while_they_have_a_role(mailoutbox):
    owner = User.objects.create_user("Owner@Example.com")
    assert not mail_code(ask("owner@example.com"))
    Ownership.objects.create(user=owner, organization=make_organization())
    assert mail_code(ask("OWNER@example.com"))
    User.objects.update(is_active=False)
    assert not mail_code(ask("owner@example.com"))
    assert [mail.to for mail in mailoutbox] == [["owner@example.com"]]


def test_a_code_is_mailed_once_however_often_the_hint_comes(hanako, mailoutbox):
    pk = ask()
    assert [mail_code(pk), mail_code(pk)] == [True, False]
    assert len(mailoutbox) == 1


def test_a_mail_server_that_is_away_is_tried_again(hanako, mailoutbox, settings):
    pk = ask()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert not mail_code(pk)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert codes.codes_to_mail() == []
    with time_machine.travel(now() + timedelta(seconds=30)):
        assert codes.codes_to_mail() == [pk]
        assert mail_code(pk)
    assert len(mailoutbox) == 1


def test_five_wrong_tries_end_a_code(hanako):
    pk = ask()
    for _ in range(codes.FAILURES_LIMIT):
        with pytest.raises(CodeRefused):
            try_code(pk, "WRNGWRNG")
    with pytest.raises(CodeRefused):
        try_code(pk, letters(pk))


def test_four_wrong_tries_do_not(hanako):
    pk = ask()
    for _ in range(codes.FAILURES_LIMIT - 1):
        with pytest.raises(CodeRefused):
            try_code(pk, "")
    assert try_code(pk, letters(pk)) == "hanako@example.com"


def test_a_code_ends_by_itself(hanako):
    pk = ask()
    with time_machine.travel(now() + codes.GOOD_FOR), pytest.raises(CodeRefused):
        try_code(pk, letters(pk))


def test_a_code_opens_only_the_try_it_was_made_for(hanako):
    mine, another = ask(), ask()
    with pytest.raises(CodeRefused):
        try_code(mine, letters(another))


def test_the_database_holds_neither_address_nor_code(hanako):
    pk = ask()
    kept = repr(SignInCode.objects.filter(pk=pk).values().get())
    assert "hanako" not in kept
    assert letters(pk) not in kept


def seconds_for(email: str) -> float:
    begun = perf_counter()
    ask(email)
    return perf_counter() - begun


def test_asking_takes_as_long_for_a_stranger_as_for_a_member(hanako, monkeypatch):
    monkeypatch.setattr(codes, "hint", lambda *_: True)
    known, unknown = [], []
    for _ in range(50):
        # In turn, there and back: whatever else slows the machine slows both.
        known.append(seconds_for("hanako@example.com"))
        unknown += [seconds_for("x@example.org"), seconds_for("y@example.org")]
        known.append(seconds_for("hanako@example.com"))
    assert 0.7 < median(known) / median(unknown) < 1.4


def test_asking_does_the_same_for_a_stranger_as_for_a_member(
    hanako, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(codes, "hint", lambda *_: True)
    for email in ("hanako@example.com", "x@example.org"):
        with django_assert_num_queries(1):
            ask(email)

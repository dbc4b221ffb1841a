"""Owners hear once when their connection turns red, and once when it works again."""

import smtplib

import pytest
from django.core import mail
from django.utils.timezone import now

from accounts.models import OwnerMail
from accounts.owners import mail as owner_mail
from integrations.connections.connect import connect
from integrations.connections.health import recheck
from integrations.connections.hold import end_attention, need_attention
from integrations.models import Installation, InstallationKind
from integrations.targets.port import Credentials
from tests.factories import make_installation
from tests.plugins.portal import make_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def installation():
    made = make_installation()
    make_owner(made.organization, "ada@example.com")
    hanako = make_owner(made.organization, "hanako@example.com")
    hanako.locale = "ja"
    hanako.save()
    make_owner(make_installation().organization, "bob@example.com")
    return made


def turn_red(installation, reason: str = "token_rejected") -> None:
    need_attention(installation, reason=reason)
    owner_mail.send_waiting()


def addresses() -> list[str]:
    return sorted(message.to[0] for message in mail.outbox)


def test_each_owner_gets_one_mail_in_their_language(installation):
    turn_red(installation)
    assert addresses() == ["ada@example.com", "hanako@example.com"]
    english, japanese = sorted(mail.outbox, key=lambda message: message.to)
    assert english.subject == "Acme: direct messages do not reach Workplace"
    assert "create a new access token" in english.body
    assert "新しいアクセストークン" in japanese.body


def test_an_owner_who_installed_the_app_is_not_told_to_paste_a_token(installation):
    Installation.objects.filter(pk=installation.pk).update(kind=InstallationKind.THIRD_PARTY)
    turn_red(installation)
    english, japanese = sorted(mail.outbox, key=lambda message: message.to)
    assert "What to do: Install the app again" in english.body
    assert "アプリをもう一度インストール" in japanese.body
    assert "paste" not in english.body


def test_a_second_trouble_of_the_same_kind_tells_nobody_again(installation):
    turn_red(installation)
    turn_red(installation, "permission_missing")
    owner_mail.send_waiting()
    assert len(mail.outbox) == 2


def test_an_owner_who_heard_of_the_trouble_hears_of_its_end_once(installation):
    turn_red(installation)
    end_attention(installation)
    end_attention(installation)
    owner_mail.send_waiting()
    assert len(mail.outbox) == 4
    assert "Acme: direct messages reach Workplace again" in [m.subject for m in mail.outbox]


def test_a_trouble_that_passes_at_once_tells_nobody(installation):
    need_attention(installation, reason="token_rejected")
    end_attention(installation)
    assert owner_mail.send_waiting() == 0
    assert mail.outbox == []


def test_a_new_token_ends_the_trouble_too(office):
    make_owner(office.organization, "ada@example.com")
    turn_red(office.installation)
    connect(
        office.organization,
        target="workplace",
        kind=InstallationKind.CUSTOM,
        credentials=Credentials(office.sandbox.reset_token(office.integration.page_id)),
    )
    owner_mail.send_waiting()
    assert len(mail.outbox) == 2


def test_a_dead_token_found_by_a_check_is_told(office):
    make_owner(office.organization, "ada@example.com")
    office.sandbox.reset_token(office.integration.page_id)
    recheck(office.installation)
    assert owner_mail.send_waiting() == 1


def test_no_mail_is_sent_twice(installation):
    turn_red(installation)
    assert owner_mail.send_waiting() == 0
    assert len(mail.outbox) == 2


def test_a_mail_server_that_is_away_is_tried_again_later(installation, monkeypatch, caplog):
    def away(*_: object, **__: object) -> int:
        raise smtplib.SMTPRecipientsRefused({"ada@example.com": (450, b"later")})

    with monkeypatch.context() as patch:
        patch.setattr(owner_mail, "send_mail", away)
        turn_red(installation)
    assert owner_mail.send_waiting() == 0
    assert "example.com" not in caplog.text
    OwnerMail.objects.update(due_at=now())
    assert owner_mail.send_waiting() == 2


def test_a_mail_nobody_knows_the_end_of_is_not_repeated(installation, monkeypatch):
    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(owner_mail, "send_mail", killed)
        with pytest.raises(KeyboardInterrupt):
            turn_red(installation)
    assert owner_mail.send_waiting() == 1


def test_a_name_with_a_line_break_stays_one_subject(installation):
    installation.organization.name = "Acme\r\nBcc: all@example.com"
    installation.organization.save()
    turn_red(installation)
    assert {m.subject for m in mail.outbox if "\n" in m.subject} == set()


def test_owners_hear_once_of_a_bot_that_cannot_hear_and_how_to_mend_it(office):
    make_owner(office.organization, "ada@example.com")
    Installation.objects.update(app_secret_sealed=None)
    for _ in range(2):
        recheck(office.refresh())
        owner_mail.send_waiting()
    [told] = mail.outbox
    assert told.subject == "Acme: the bot in Workplace does not answer"
    assert "What to do: Copy the app secret" in told.body


def test_a_bot_that_fell_silent_once_more_is_told_of_once_more(office):
    make_owner(office.organization, "ada@example.com")
    for _ in range(2):
        at = now()
        Installation.objects.update(told_at=at, refused_at=at)
        recheck(office.refresh())
        owner_mail.send_waiting()
    assert len(mail.outbox) == 2


def test_a_deaf_bot_is_no_end_of_a_trouble(office):
    make_owner(office.organization, "ada@example.com")
    turn_red(office.installation)
    owner_mail.tell_of_deaf_bot(office.installation, reason="no_secret")
    end_attention(office.refresh())
    owner_mail.send_waiting()
    assert mail.outbox[-1].subject == "Acme: direct messages reach Workplace again"

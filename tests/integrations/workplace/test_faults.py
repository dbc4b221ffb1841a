"""Every error row and every fault, from the sandbox over HTTP to the class the relay sees."""

from datetime import timedelta

import pytest

from integrations.targets.errors import (
    PermissionMissing,
    ProofRejected,
    RateLimited,
    RecipientGone,
    TargetError,
    TokenRejected,
    Unavailable,
    Unconfirmed,
)
from integrations.workplace import client as client_module
from integrations.workplace.target import WorkplaceTarget
from tests.integrations.workplace.conftest import ADDRESS, credentials
from tests.integrations.workplace.refusals import ROWS
from tests.plugins.receiver import wait_until


def failed_send(target, account_id: str) -> TargetError:
    with pytest.raises(TargetError) as caught:
        target.send(account_id, "Hello", reference="delivery-1")
    return caught.value


def failed_look_up(target) -> TargetError:
    with pytest.raises(TargetError) as caught:
        target.find_account(ADDRESS)
    return caught.value


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}-{row[1]}-{row[2][:20]}")
def test_each_refusal_of_a_send_reaches_the_relay_as_its_class(sandbox, target, ada, row):
    code, subcode, message, error = row
    sandbox.fault("error", code=code, subcode=subcode, message=message)

    found = failed_send(target, ada.account_id)

    assert type(found) is error
    assert found.code == (f"{code}/{subcode}" if subcode else str(code))
    assert sandbox.texts(ada.member) == []


@pytest.mark.parametrize(
    "case",
    [
        ({"kind": "html", "status": 500}, [Unavailable, Unavailable], "http/500"),
        ({"kind": "html", "status": 502}, [Unavailable, Unavailable], "http/502"),
        ({"kind": "html", "status": 503}, [Unavailable, Unavailable], "http/503"),
        ({"kind": "html", "status": 504}, [Unconfirmed, Unavailable], "http/504"),
        ({"kind": "html", "status": 429}, [RateLimited, RateLimited], "http/429"),
        ({"kind": "html", "status": 403}, [TargetError, TargetError], "http/403"),
        ({"kind": "missing_type"}, [Unavailable, Unavailable], "1"),
        ({"kind": "empty"}, [Unconfirmed, Unavailable], "empty/200"),
        ({"kind": "broken_json"}, [Unconfirmed, Unavailable], "broken/200"),
        ({"kind": "cut_before"}, [Unconfirmed, Unavailable], "cut"),
        ({"kind": "cut_after"}, [Unconfirmed, Unavailable], "cut"),
        ({"kind": "cut_answer", "after_bytes": 20}, [Unconfirmed, Unavailable], "cut"),
    ],
    ids=lambda case: "-".join(map(str, case[0].values())),
)
def test_each_fault_reaches_the_relay_as_its_class(sandbox, target, ada, case):
    fault, errors, code = case
    sandbox.fault(**fault)

    failures = failed_send(target, ada.account_id), failed_look_up(target)

    assert [type(failure) for failure in failures] == errors
    assert [failure.code for failure in failures] == [code, code]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "slow", "seconds": 0.6},
        {"kind": "slow", "seconds": 0.6, "when": "after"},
        {"kind": "latency", "distribution": "fixed", "seconds": 0.6},
    ],
)
def test_an_answer_that_is_too_slow_is_unconfirmed(sandbox, target, ada, monkeypatch, fault):
    monkeypatch.setattr(client_module, "ANSWER_SECONDS", 0.3)
    sandbox.fault(**fault)

    failures = failed_send(target, ada.account_id), failed_look_up(target)

    assert [(type(one), one.code) for one in failures] == [
        (Unconfirmed, "timeout"),
        (Unavailable, "timeout"),
    ]
    wait_until(lambda: sandbox.texts(ada.member), "the send to take effect")


def test_a_success_without_a_message_id_is_unconfirmed(sandbox, target, ada):
    sandbox.fault("missing_field")

    found = failed_send(target, ada.account_id)

    assert (type(found), found.code) == (Unconfirmed, "partial/200")


@pytest.mark.parametrize(
    ("kind", "texts"),
    [("cut_before", []), ("cut_after", ["Hello"]), ("empty", ["Hello"]), ("html", [])],
)
def test_only_an_unconfirmed_send_may_have_arrived(sandbox, target, ada, kind, texts):
    sandbox.fault(kind)

    found = failed_send(target, ada.account_id)

    assert sandbox.texts(ada.member) == texts
    assert found.unconfirmed or texts == []


@pytest.mark.parametrize(
    ("entry", "wait"),
    [
        ({"kind": "app", "level": 100}, None),
        ({"kind": "page", "level": 100}, None),
        ({"kind": "business", "level": 100, "regain_minutes": 19}, timedelta(minutes=19)),
    ],
)
def test_a_used_up_allowance_holds_the_installation(sandbox, target, ada, entry, wait):
    sandbox.workplace("PUT", "usage", {"entries": [entry]})

    found = failed_send(target, ada.account_id)

    assert (type(found), found.wait) == (RateLimited, wait)


def test_the_magic_recipients_fail_as_their_names_say(sandbox, integration, target):
    expected = {
        "gone": RecipientGone,
        "rate-limited": RateLimited,
        "cut-before": Unconfirmed,
        "cut-after": Unconfirmed,
        "html": Unavailable,
        "error-190": TokenRejected,
        "error-1200": Unavailable,
    }
    found = {}
    for name in expected:
        sandbox.member(integration.community_id, f"{name} example", f"{name}@example.com")
        account = target.find_account(f"{name}@example.com")
        found[name] = type(failed_send(target, account.account_id))

    assert found == expected


def test_a_reset_token_is_rejected(sandbox, integration, target, ada):
    sandbox.workplace("POST", f"installs/{integration.page_id}/reset-token")

    assert type(failed_send(target, ada.account_id)) is TokenRejected


@pytest.mark.parametrize("code", [3, 10, 200, 299])
def test_a_permission_taken_away_shows_in_look_ups_too(sandbox, target, ada, code):
    sandbox.fault("error", code=code)

    assert type(failed_look_up(target)) is PermissionMissing


def test_a_refused_proof_is_tried_again_once_only(sandbox, integration, ada):
    sandbox.fault("error", code=100, message="Invalid appsecret_proof provided")
    target = WorkplaceTarget(credentials(integration, signed=True))

    assert type(failed_send(target, ada.account_id)) is ProofRejected
    assert len(sandbox.sends()) == 2

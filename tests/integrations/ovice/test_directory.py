"""Reading a directory page by page, from an ovice that answers as told."""

import json
from typing import Any

import pytest

from integrations.ovice import client
from integrations.ovice import directory as ovice_directory
from integrations.ovice.directory import DirectoryUnreadable, read_directory
from tests.integrations.workplace.wire import HEADERS_END, answer, wire
from tests.sandbox.ovice.receiver import Answer, listening


def page(*ids: str, generation: str = "1", cursor: str | None = None, **more) -> Answer:
    return Answer(
        200,
        {
            "organization": {"id": "4821"},
            "spaces": [],
            "members": [{"id": ovice_id, "role": "member"} for ovice_id in ids],
            "next_cursor": cursor,
            "generation": generation,
            **more,
        },
    )


@pytest.fixture
def elsewhere(settings, monkeypatch):
    settings.OVICE_DIRECTORY_KEY = "key"
    monkeypatch.setattr(ovice_directory, "PAUSE_SECONDS", 0)
    with listening() as receiver:
        settings.OVICE_DIRECTORY_URL = receiver.url
        yield receiver


def code_of_reading() -> str:
    with pytest.raises(DirectoryUnreadable) as caught:
        read_directory("4821")
    return caught.value.code


def test_pages_are_asked_for_one_after_another_with_the_key(elsewhere):
    elsewhere.answers.extend([page("a", cursor="c 1"), page("b", cursor="c2"), page("c")])
    directory = read_directory("4821")
    assert directory.ids == {"a", "b", "c"}
    assert [request.path for request in elsewhere.received] == [
        "/connector/v1/organizations/4821/directory",
        "/connector/v1/organizations/4821/directory?cursor=c+1",
        "/connector/v1/organizations/4821/directory?cursor=c2",
    ]
    assert elsewhere.received[0].headers["authorization"] == "Bearer key"


def test_a_generation_that_changes_is_begun_anew(elsewhere):
    old, new = page("a", cursor="1"), page("b", cursor="1", generation="2")
    elsewhere.answers.extend([old, new, new, page("c", generation="2")])
    directory = read_directory("4821")
    assert (directory.ids, directory.generation) == ({"b", "c"}, "2")


def test_a_directory_that_never_rests_is_given_up(elsewhere):
    for number in range(20):
        elsewhere.answers.append(page("a", cursor="1", generation=str(number)))
    assert code_of_reading() == "always_changing"


def test_pages_without_end_are_given_up(elsewhere):
    elsewhere.answers.extend([page("a", cursor="same")] * 5)
    assert code_of_reading() == "endless"


def test_new_cursors_without_end_are_given_up(elsewhere, monkeypatch):
    monkeypatch.setattr(ovice_directory, "PAGES_LIMIT", 3)
    elsewhere.answers.extend([page("a", cursor=str(number)) for number in range(9)])
    assert code_of_reading() == "endless"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "key_refused"),
        (403, "key_refused"),
        (404, "unknown_organization"),
        (302, "unexpected_answer"),
        (503, "server_error"),
        (429, "server_error"),
    ],
)
def test_each_refusal_has_its_name(elsewhere, status, code):
    elsewhere.answers.extend([Answer(status, headers={"Location": "/"})] * 3)
    assert code_of_reading() == code


def test_a_page_that_fails_once_is_asked_for_again(elsewhere):
    elsewhere.answers.extend([page("a", cursor="1"), Answer(500), page("b")])
    assert read_directory("4821").ids == {"a", "b"}


@pytest.mark.parametrize(
    "body",
    [
        *([], {}, "x", {"organization": {"id": "4821"}}, {**page("a").body, "members": 1}),
        *({**page("a").body, "generation": told} for told in ("\ud800", "a\0", "", -1, 2**63)),
        *({**page("a").body, "next_cursor": told} for told in ("\udfff", "a\0", "a\n", "")),
    ],
)
def test_an_answer_that_is_no_directory_is_refused(elsewhere, body):
    elsewhere.answers.append(Answer(200, body))
    assert code_of_reading() == "malformed"


def test_another_organizations_directory_is_refused(elsewhere):
    elsewhere.answers.append(page("a", organization={"id": "1"}))
    assert code_of_reading() == "other_organization"


def test_nobody_is_removed_because_their_entry_cannot_be_read(elsewhere):
    members = [
        {"id": "a", "email": "x" * 400},
        {"id": "b"},
        {"id": 7},
        {"id": "c", "status": "removed"},
        {"id": "d", "status": 5},
    ]
    elsewhere.answers.append(page(members=members))
    directory = read_directory("4821")
    assert (directory.ids, directory.unreadable) == ({"a", "b", "d"}, 3)
    assert directory.nameless == 1
    assert [[person.id for person in page] for page in directory.pages()] == [["b"]]


def test_a_decorative_field_keeps_nobody_out(elsewhere):
    person = {"id": "a", "name": "x" * 300, "locale": "en-US-u-fw-mon-mu-celsius", "role": "boss"}
    space = {"id": "s", "name": 5, "domain": "x" * 64, "url": []}
    told: dict[str, Any] = {
        "organization": {"id": "4821", "name": [], "plan": "x" * 65},
        "spaces": [space],
    }
    elsewhere.answers.append(page(members=[person], **told))
    directory = read_directory("4821")
    [[found]] = directory.pages()
    assert (found.name, found.role, found.locale) == ("x" * 255, "guest", "en-US-u-fw-mon-m")
    assert [(one.id, one.name, one.domain, one.url) for one in directory.spaces or ()] == [
        ("s", None, None, None)
    ]
    assert (directory.organization.name, directory.organization.plan) == (None, None)


@pytest.mark.parametrize("spaces", [None, 5, {"id": "s"}, [1], [{"id": "s"}, {"id": 7}]])
def test_no_space_is_removed_because_one_cannot_be_read(elsewhere, spaces):
    elsewhere.answers.append(page(members=[], spaces=spaces))
    assert read_directory("4821").space_ids is None


UNREADABLE = [
    b"9" * 5_000,
    b"[" * 20_000 + b"]" * 20_000,
    b'{"id":"a","id":"b"}',
    b"NaN",
    b"nonsense",
]


@pytest.mark.parametrize("bad", UNREADABLE, ids=lambda bad: repr(bad[:12]))
@pytest.mark.parametrize("where", [b'"members": [', b'"spaces": ['])
def test_an_entry_that_is_no_json_keeps_nobody_out(monkeypatch, bad, where):
    whole = json.dumps(page("a", spaces=[{"id": "1"}]).body).encode()
    body = whole.replace(where, where + bad + b",")
    monkeypatch.setattr(ovice_directory, "_fetch", lambda *_: body)
    directory = read_directory("4821")
    assert (directory.ids, [space.id for space in directory.spaces or ()]) == ({"a"}, ["1"])
    assert directory.nameless == (where == b'"members": [')


@pytest.mark.parametrize("how", ["cut", "drip", "nobody"])
def test_a_broken_answer_is_no_answer(settings, monkeypatch, how):
    settings.OVICE_DIRECTORY_KEY = "key"
    monkeypatch.setattr(ovice_directory, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(ovice_directory, "PAGE_TRIES", 1)
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.2)
    whole = answer(json.dumps(page("a").body).encode())
    if how == "nobody":
        settings.OVICE_DIRECTORY_URL = "http://127.0.0.1:9"
        assert code_of_reading() == "no_answer"
        return
    script = whole[:-20] if how == "cut" else whole
    with wire(script, drip=0.05 * (how == "drip"), drip_from=HEADERS_END) as server:
        settings.OVICE_DIRECTORY_URL = server.url
        assert code_of_reading() == "no_answer"

"""Steps that the tests of ingest share: tell something of ovice, and expect the answer."""

from tests.factories import event, post_event, rfc3339


def skip_reason(document) -> str:
    answer = post_event(document)
    assert answer.status_code == 202
    assert answer.json()["status"] == "skipped"
    return answer.json()["reason"]


def tell(kind: str, ovice_id: str, at=None, /, **data):
    document = event(kind, ovice_id, **data)
    document["timestamp"] = rfc3339(at)
    answer = post_event(document)
    assert (answer.status_code, answer.json()) == (202, {"status": "applied"})

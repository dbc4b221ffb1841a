"""`POST /` with `batch`: up to 50 calls in one, each answered on its own."""

import json
import re
from typing import Any

from sandbox.workplace import parameters, paths
from sandbox.workplace.call import Call
from sandbox.workplace.errors import BAD_REQUEST, GraphError, bad_parameter
from sandbox.workplace.replies import Reply

MOST_ITEMS = 50
SHARED = ("access_token", "appsecret_proof", "appsecret_time")
FORM = "application/x-www-form-urlencoded"
RESULT = re.compile(r"\{result=([A-Za-z0-9_-]+):\$((?:\.[A-Za-z0-9_*-]+)+)\}")

Item = dict[str, Any]


async def run(call: Call) -> Reply:
    """Answer `[{"code", "headers", "body"}, null, …]` in the order of the items."""
    items = parameters.structure(call.params, "batch")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_parameter("param batch must be an array.")
    if not 0 < len(items) <= MOST_ITEMS:
        raise bad_parameter(f"Too many requests in batch message. Maximum batch size: {MOST_ITEMS}")
    batch = _Batch(call)
    answers = [await batch.run(item) for item in items]
    shown = [
        None if batch.is_omitted(item) else answer
        for item, answer in zip(items, answers, strict=True)
    ]
    return Reply.of(shown)


class _Batch:
    """Runs items one after another and remembers the named results."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._with_headers = parameters.flag(call.params.get("include_headers"), default=True)
        self._results: dict[str, Reply] = {}
        self._used: set[str] = set()

    async def run(self, item: Item) -> Item | None:
        """Return an item's answer; null when what it depends on failed or it never answered."""
        if not self._may_run(item.get("depends_on")):
            return None
        try:
            call = self._call.child(*self._parts(item))
        except GraphError as error:
            reply = Reply.refused(error)
        else:
            reply = await self._call.platform.pipeline.answer(call)
            call.record.answered(reply.status)
        if isinstance(item.get("name"), str):
            self._results[item["name"]] = reply
        return self._shown(reply)

    def is_omitted(self, item: Item) -> bool:
        """Tell whether an answer is left out: another item used it, and it went well."""
        name = item.get("name")
        is_wanted = not parameters.flag(item.get("omit_response_on_success"), default=True)
        if not isinstance(name, str) or name not in self._used or is_wanted:
            return False
        return name in self._results and self._results[name].status < BAD_REQUEST

    def _may_run(self, needed: Any) -> bool:
        if not isinstance(needed, str):
            return True
        self._used.add(needed)
        return needed in self._results and self._results[needed].status < BAD_REQUEST

    def _parts(self, item: Item) -> tuple[str, list[str], Item]:
        method, url, body = item.get("method", "GET"), item.get("relative_url"), item.get("body")
        if not isinstance(method, str) or not isinstance(url, str):
            raise bad_parameter("An item of param batch needs method and relative_url.")
        if not isinstance(body, str | None):
            raise bad_parameter("The body of an item of param batch must be a string.")
        path, _, query = url.partition("?")
        own = parameters.read(query, FORM, (body or "").encode())
        method = parameters.take_method("POST", {"method": method})
        method = parameters.take_method(method, own)
        segments = paths.split(path)[1]
        if method == "POST" and not segments:
            raise bad_parameter("An item of param batch must not be a batch.")
        shared = {name: self._call.params[name] for name in SHARED if name in self._call.params}
        try:
            filled = {name: self._filled(value) for name, value in own.items()}
            return method, [self._filled(segment) for segment in segments], shared | filled
        except LookupError:
            message = "A result this item of param batch refers to is not there."
            raise bad_parameter(message) from None

    def _filled(self, value: Any) -> Any:
        return RESULT.sub(self._result, value) if isinstance(value, str) else value

    def _result(self, match: re.Match[str]) -> str:
        self._used.add(match[1])
        reply = self._results[match[1]]
        values = [json.loads(reply.body or b"null")]
        for step in match[2].split(".")[1:]:
            values = [inner for value in values for inner in _inside(value, step)]
        if not values:
            raise LookupError(match[1])
        return ",".join(map(str, values))

    def _shown(self, reply: Reply) -> Item | None:
        if not reply.answers or reply.keep_bytes is not None:
            return None
        shown: Item = {"code": reply.status, "body": reply.body.decode()}
        if self._with_headers:
            headers = {"Content-Type": reply.content_type} | reply.headers
            shown["headers"] = [{"name": name, "value": value} for name, value in headers.items()]
        return shown


def _inside(value: Any, step: str) -> list[Any]:
    if step == "*" and isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.values()) if step == "*" else [value[step]] if step in value else []
    return []

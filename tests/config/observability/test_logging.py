"""Log lines hold only listed fields; everything else is left out by construction."""

import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest
import structlog
from prometheus_client import REGISTRY
from structlog.contextvars import bound_contextvars

from config.observability.logging import WITHHELD, Lines, to_stderr
from integrations.targets.errors import TokenRejected
from tests.plugins.log_lines import read

ID = UUID("01a21e03-546a-7261-a8b5-b081e23be3a7")
CANARIES = (
    "Can you join us at three?",
    "hanako@example.com",
    "Hanako Yamada",
    "whsec_c2VjcmV0",
    "https://app.ovice.com/?token=abc",
)

logger = structlog.stdlib.get_logger("ours")
library = logging.getLogger("somebody.else")


def test_a_line_tells_when_how_grave_who_what_and_the_known_fields(log_lines):
    error = TokenRejected(code="190/458", trace="AbC")
    logger.warning("installation is held", installation=ID, tries=3, until=None, **error.fields)
    (line,) = read(log_lines)
    assert datetime.fromisoformat(line.pop("time")).tzinfo == UTC
    assert line == {
        "level": "warning",
        "logger": "ours",
        "event": "installation is held",
        "installation": str(ID),
        "tries": 3,
        "reason": "token_rejected",
        "code": "190/458",
        "trace": "AbC",
    }


def fail_with(inner: str, outer: str) -> None:
    try:
        dict[str, str]().pop(inner)
    except KeyError as error:
        raise RuntimeError(outer) from error


@pytest.mark.parametrize("canary", CANARIES)
@pytest.mark.parametrize("name", ["reason", "code", "text", "delivery", "event_id", "tries"])
def test_no_field_takes_what_is_not_of_its_shape_and_it_is_counted(log_lines, name, canary):
    before = REGISTRY.get_sample_value("kotozute_log_fields_withheld_total") or 0
    logger.warning("a field", **{name: canary})
    assert read(log_lines)[0].keys() == {"time", "level", "logger", "event"}
    assert (REGISTRY.get_sample_value("kotozute_log_fields_withheld_total") or 0) > before


@pytest.mark.parametrize("canary", CANARIES)
def test_a_text_that_was_put_together_is_withheld_and_its_place_told(log_lines, canary):
    put_together = f"it said {canary}"
    logger.error(put_together)
    library.error(put_together)
    library.error(ValueError(canary))
    lines = read(log_lines)
    assert [line["event"] for line in lines] == [WITHHELD] * 3
    assert "test_logging.py" in lines[1]["at"]
    assert canary not in "".join(log_lines)


def test_a_librarys_values_are_left_out_and_its_words_stay(log_lines):
    library.warning("Connected to %s", "redis://user:password@broker")
    assert read(log_lines)[0]["event"] == "Connected to %s"
    assert "password" not in log_lines[0]


def test_an_exception_is_told_by_types_and_places_alone(log_lines):
    try:
        fail_with(CANARIES[0], CANARIES[1])
    except RuntimeError:
        logger.exception("purge failed", removal=ID)
        library.exception("failed: %s", CANARIES[2])
    lines = read(log_lines)
    for line in lines:
        assert [part["type"] for part in line["exception"]] == [
            "builtins.RuntimeError",
            "builtins.KeyError",
        ]
        assert line["exception"][0]["at"][-1].startswith(
            "tests/config/observability/test_logging.py:"
        )
    assert [canary for canary in CANARIES if canary in "".join(log_lines)] == []


def test_the_request_of_a_line_comes_from_its_context_also_for_libraries(log_lines):
    with bound_contextvars(request=str(ID), address="hanako@example.com"):
        logger.info("one")
        library.info("two")
    logger.info("three")
    assert [line.get("request") for line in read(log_lines)] == [str(ID), str(ID), None]
    assert "hanako" not in "".join(log_lines)


def test_a_person_who_watches_gets_words_instead_of_json():
    record = logging.LogRecord("ours", logging.INFO, "a.py", 1, "installation is held", (), None)
    record.fields = {"reason": "rate_limited"}
    assert Lines("console").format(record)[9:] == (
        "info    ours: installation is held reason=rate_limited"
    )


def test_reports_are_made_only_where_they_are_wanted():
    assert "reports" not in to_stderr("INFO")["handlers"]
    wanted = to_stderr("INFO", reports=True)
    assert wanted["root"]["handlers"] == ["stderr", "reports"]
    assert wanted["loggers"]["gunicorn.error"]["handlers"] == ["stderr", "reports"]

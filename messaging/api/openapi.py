"""``/v1/openapi.json`` and ``/v1/docs``: the API described for programs and for people."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

_FILE = Path(__file__).with_name("openapi.json")
METHODS = ("get", "post", "delete")


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI description, which is written by hand and checked by tests."""
    found: dict[str, Any] = json.loads(_FILE.read_bytes())
    return found


@require_safe
@cache_control(public=True, max_age=3600)
def openapi(_request: HttpRequest) -> HttpResponse:
    """Return the description as it is written."""
    return HttpResponse(_FILE.read_bytes(), content_type="application/json")


@require_safe
def reference(request: HttpRequest) -> HttpResponse:
    """Show the description as a page that needs no script."""
    described = document()
    context = {
        "info": described["info"],
        "operations": _operations(described),
        "schemas": {
            name: json.dumps(schema, indent=2, ensure_ascii=False)
            for name, schema in described["components"]["schemas"].items()
        },
    }
    return render(request, "reference.html", context)


def _operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    base = described["servers"][0]["url"]
    return [
        {
            "method": method.upper(),
            "path": base + path,
            "answers": _answers(described, operation),
            "request": _schema_name(operation.get("requestBody", {})),
            **{name: operation[name] for name in ("operationId", "summary", "description")},
        }
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def _answers(described: dict[str, Any], operation: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return status, meaning and schema of each answer, references followed."""
    shared = described["components"]["responses"]
    found = {
        status: shared[answer["$ref"].rsplit("/", 1)[1]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }
    return [
        (status, answer["description"], _schema_name(answer)) for status, answer in found.items()
    ]


def _schema_name(body: dict[str, Any]) -> str:
    schema = body.get("content", {}).get("application/json", {}).get("schema", {})
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]

"""Link states for ovice's own settings page: of one person, of many, and the end of a link."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse

from accounts.linking.link import RemovedReason, remove_links
from accounts.linking.status import UNAVAILABLE, LinkState, link_states
from accounts.models import Link
from core import strict_json
from core.ids import rfc3339
from core.tolerant_reader import convert
from integrations.ovice.schemas import Id
from messaging.api.auth import connector_endpoint
from messaging.api.lookup import organization_of
from messaging.api.responses import refuse
from messaging.delivery.last_delivery import last_deliveries

BATCH_LIMIT = 200


class _Wanted(msgspec.Struct, frozen=True):
    ids: Annotated[list[Id], msgspec.Meta(max_length=BATCH_LIMIT)]


@connector_endpoint("GET", "DELETE")
def link(request: HttpRequest, org: str, user: str) -> HttpResponse:
    """Tell how a person's link stands, or end it; ending what is not there changes nothing."""
    if request.method == "DELETE":
        _unlink(org, user)
        return HttpResponse(status=204)
    return JsonResponse(_describe(org, [user])[0])


@connector_endpoint("POST")
def links(request: HttpRequest, org: str) -> HttpResponse:
    """Tell how up to 200 people's links stand, in the order in which they were named."""
    try:
        wanted = convert(strict_json.load(request.body), _Wanted).ids
    except RequestDataTooBig:
        return refuse(413, f"larger than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes")
    except msgspec.ValidationError as error:
        return refuse(400, str(error))
    except strict_json.NotStrictError as error:
        return refuse(400, str(error))
    described = _describe(org, wanted)
    found = [{"id": user, **link} for user, link in zip(wanted, described, strict=True)]
    return JsonResponse({"links": found})


def _describe(org: str, users: Sequence[str]) -> list[dict[str, str]]:
    states = link_states(organization_of(org), users)
    links = [state.link_id for state in states.values() if state.link_id]
    delivered = last_deliveries(links) if links else {}
    return [_fields(states.get(user, UNAVAILABLE), delivered) for user in users]


def _fields(state: LinkState, delivered: dict[UUID, datetime]) -> dict[str, str]:
    """Return what is told of a state; what there is nothing to tell of is left out."""
    last = delivered.get(state.link_id) if state.link_id else None
    fields = {
        "status": state.status.value,
        "reason": state.reason,
        "linked_at": rfc3339(state.linked_at) if state.linked_at else "",
        f"{state.target}_name": state.account_name,
        "last_delivered_at": rfc3339(last) if last else "",
    }
    return {name: value for name, value in fields.items() if value}


def _unlink(org: str, user: str) -> None:
    organization = organization_of(org)
    if organization is None:
        return
    mine = Link.objects.filter(organization=organization, member__ovice_id=user)
    remove_links(mine, reason=RemovedReason.USER)

"""A member's own data: all of it as a file, and the end of all of it."""

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.members.erasure import erase_member, export_member
from accounts.members.session import end_visit
from accounts.models import Ownership
from accounts.owners.ownership import ownerships_of
from accounts.pages.member import Caller, for_members
from core.post_redirect_get import posted_from

FILE_NAME = "kotozute-my-data.json"


@posted_from("link")
@never_cache
@for_members
def export(_request: HttpRequest, caller: Caller) -> HttpResponse:
    """Hand over all that is stored of the member, as a JSON file."""
    answer = JsonResponse(
        export_member(caller.member),
        encoder=DjangoJSONEncoder,
        json_dumps_params={"indent": 2, "ensure_ascii": False},
    )
    answer["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def erase(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Ask whether to erase everything, then do it and show where the receipt will be."""
    if request.method != "POST":
        owns = Ownership.objects.filter(ownerships_of([caller.member])).exists()
        return render(request, "link/erase.html", {"owns": owns})
    removal = erase_member(caller.member)
    end_visit(request)
    return redirect("removal", removal.confirmation_code)

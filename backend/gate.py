"""What no view should have to look at: addresses that cannot be stored, are not UTF-8, or lead nowhere."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect, JsonResponse
from django.urls import is_valid_path
from django.utils.translation import gettext as _

from backend.api.errors import MEDIA_TYPE, document

LONGEST_QUERY = 8_000


class InputGate:
    """Answers 400 (414 when too long) before anything is looked up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if len(query) > LONGEST_QUERY:
            return _refuse(414, "too_long", _("The address is too long."))
        if not _is_clean(query) or "\x00" in request.path:
            return _refuse(400, "malformed_address", _("The address holds characters that cannot be stored."))
        if request.path_info.startswith("/api/") and not is_valid_path(request.path_info):
            return _elsewhere(request)
        return self.get_response(request)


def _elsewhere(request: HttpRequest) -> HttpResponse:
    """With its slash the address may be right. 308, since after Django's 301 a POST comes back as a GET."""
    if is_valid_path(f"{request.path_info}/"):
        slashed = request.get_full_path(force_append_slash=True)
        return HttpResponsePermanentRedirect(slashed, preserve_request=True)
    return _refuse(404, "not_found", _("There is nothing at this address."))


def _is_clean(query: str) -> bool:
    try:
        return "\x00" not in unquote_to_bytes(query.encode("latin-1", "replace")).decode("utf-8")
    except UnicodeDecodeError:
        return False


def _refuse(status: int, code: str, detail: str) -> HttpResponse:
    return JsonResponse(document(status, code, detail), status=status, content_type=MEDIA_TYPE)

"""What no view should have to look at: addresses and query strings that cannot be stored or are not UTF-8."""

from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

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
        return self.get_response(request)


def _is_clean(query: str) -> bool:
    try:
        return "\x00" not in unquote_to_bytes(query.encode("latin-1", "replace")).decode("utf-8")
    except UnicodeDecodeError:
        return False


def _refuse(status: int, code: str, detail: str) -> HttpResponse:
    body = {"type": f"urn:allmende:problem:{code}", "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type="application/problem+json")

"""The one place where an error becomes an HTTP answer: RFC 9457, application/problem+json."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from sharing.errors import Conflict, DomainError, NotAllowed, NotThere, RuleBroken, Word
from sharing.networks.content import ContentChanged

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_STATUS: Sequence[tuple[type[DomainError], int]] = (
    (NotAllowed, 403),
    (NotThere, 404),
    (Conflict, 409),
    (RuleBroken, 422),
)


def problem(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None: a fault of ours, which Django reports as 500."""
    if isinstance(exc, DomainError):
        set_rollback()
        return _domain(exc)
    if isinstance(exc, ObjectDoesNotExist):
        exc = Http404()
    if isinstance(exc, ValidationError):
        set_rollback()
        return respond(400, "invalid", _("The request is not well formed."), list(_invalid(exc.get_full_details())))
    if isinstance(exc, SuspiciousOperation):  # such as a query of a thousand parameters
        return respond(400, "malformed", _("This request cannot be read."))
    if answer := exception_handler(exc, context):
        return _of_drf(exc, answer)
    return _of_database(exc)


def respond(
    status: int,
    code: str,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem document. `errors` name the fields, each with a stable code and a sentence."""
    body = document(status, code, detail)
    if errors:
        body["errors"] = list(errors)
    return Response(body, status=status, headers=dict(headers or {}), content_type=MEDIA_TYPE)


def document(status: int, code: str, detail: str) -> dict[str, Any]:
    """What every problem says, here and where an address is refused before any view is found."""
    return {
        "type": f"urn:allmende:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }


def worded(error: DomainError) -> str:
    """The message in the reader's language, its places filled."""
    message = _(error.message)
    params = {name: _(value) if isinstance(value, Word) else value for name, value in error.params.items()}
    return message % params if params else message


def _domain(exc: DomainError) -> Response:
    status = 412 if exc.code == "stale" else next(code for kind, code in _STATUS if isinstance(exc, kind))
    errors = [{"field": p.field, "code": p.code, "detail": worded(p)} for p in exc.problems if p.field]
    answer = respond(status, exc.code, " ".join(worded(p) for p in exc.problems), errors)
    if isinstance(exc, ContentChanged):
        answer.data["changes"] = exc.changes
    return answer


def _of_drf(exc: Exception, answer: Response) -> Response:
    code = (
        exc.get_codes()
        if isinstance(exc, APIException)
        else {403: "permission_denied"}.get(answer.status_code, "not_found")
    )
    detail = answer.data.get("detail", "") if isinstance(answer.data, dict) else ""
    kept = {name: answer[name] for name in ("WWW-Authenticate", "Retry-After", "Allow") if answer.has_header(name)}
    return respond(answer.status_code, str(code), str(detail), headers=kept)


def _of_database(exc: Exception) -> Response | None:
    """What the database refuses is the sender's to mend, or soon over; neither is a fault of ours."""
    set_rollback()
    if isinstance(exc, (DataError, OverflowError, RecursionError)):
        logger.warning("a value got past the serializers", exc_info=exc)
        return respond(400, "value_out_of_range", _("A value is too large or cannot be stored."))
    if isinstance(exc, (ProtectedError, IntegrityError)):
        logger.warning("a constraint that no rule foresaw", exc_info=exc)
        return respond(409, "conflict", _("Something else depends on this, or it exists already."))
    if isinstance(exc, (OperationalError, InterfaceError)):
        if isinstance(exc.__cause__, (LockNotAvailable, DeadlockDetected)):
            return respond(409, "busy", _("Someone is changing this right now. Please try again."))
        slow = isinstance(exc.__cause__, QueryCanceled)
        detail = _("This took too long.") if slow else _("The database cannot be reached. Please try again.")
        return respond(503, "unavailable", detail, headers={"Retry-After": "5"})
    return None


def _invalid(details: Any, path: str = "") -> Iterator[dict[str, str]]:
    """DRF's nested details as a flat list with JSON pointers for fields."""
    if isinstance(details, Mapping) and isinstance(details.get("message"), str) and "code" in details:
        yield {"field": path, "code": str(details["code"]), "detail": str(details["message"])}
    elif isinstance(details, Mapping):
        for name, inner in details.items():
            yield from _invalid(inner, _join(path, str(name)))
    else:
        for inner in details:
            yield from _invalid(inner, path)


def _join(path: str, name: str) -> str:
    if name == "non_field_errors":
        return path
    return f"{path}.{name}" if path else name

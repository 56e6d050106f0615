"""Keyset pages: the cursor names the last row seen, so page 10,000 costs what page 1 costs."""

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

DEFAULT_SIZE, LARGEST_SIZE = 50, 200
CURSOR = "^[A-Za-z0-9_-]+:[A-Za-z0-9_-]+:[A-Za-z0-9_-]+$"  # content, time and signature


class KeysetPagination(BasePagination):
    """Pages through the view's `keyset`, one or two columns of which the last is unique."""

    query_params = ("cursor", "page_size")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request, self.keyset = request, view.keyset
        size = page_size(request.query_params.get("page_size"))
        if cursor := request.query_params.get("cursor"):
            queryset = _after(queryset, self.keyset, decode(cursor, self.keyset))
        rows = list(queryset.order_by(*self.keyset)[: size + 1])
        self.last = rows[size - 1] if len(rows) > size else None
        return rows[:size]

    def get_paginated_response(self, data: Any) -> Response:
        following = None
        if self.last is not None:
            cursor = encode(self.last, self.keyset)
            following = replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)
        return Response({"next": following, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        following = {"type": ["string", "null"], "format": "uri", "description": "The next page; null on the last."}
        properties = {"next": following, "results": schema}
        return {"type": "object", "required": ["next", "results"], "properties": properties}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string", "pattern": CURSOR},
                "description": "Where to go on; taken from `next`.",
            },
            {
                "name": "page_size",
                "in": "query",
                "schema": {"type": "integer", "minimum": 1, "default": DEFAULT_SIZE},
                "description": f"Rows a page; above {LARGEST_SIZE} you get {LARGEST_SIZE}.",
            },
        ]


def page_size(asked: str | None) -> int:
    if asked is None:
        return DEFAULT_SIZE
    digits = asked.lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        message = _("page_size must be a whole number above 0.")
        raise ValidationError({"page_size": [ErrorDetail(message, "invalid")]})
    return min(int(digits[:9]), LARGEST_SIZE)


def encode(row: Model, keyset: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in keyset]
    plain = [value if isinstance(value, float) else str(value) for value in values]
    return signing.dumps(plain, salt=_salt(keyset))


def decode(cursor: str, keyset: Sequence[str]) -> list[Any]:
    """The values of the last row seen. The cursor grants nothing: visibility is asked again on each page."""
    try:
        values: list[Any] = signing.loads(cursor, salt=_salt(keyset))
    except signing.BadSignature:
        message = _("This cursor is not one of ours. Start again without it.")
        raise ValidationError({"cursor": [ErrorDetail(message, "invalid")]}) from None
    return values


def _salt(keyset: Sequence[str]) -> str:
    """A cursor of one order is none of another."""
    return f"backend.api.pagination {' '.join(keyset)}"


def _after(queryset: QuerySet[Any], keyset: Sequence[str], values: Sequence[Any]) -> QuerySet[Any]:
    """Rows beyond the cursor. Of two columns the first is also bounded on its own: only then does the index serve."""
    names = [name.lstrip("-") for name in keyset]
    ops = ["lt" if name.startswith("-") else "gt" for name in keyset]
    beyond = Q(**{f"{names[0]}__{ops[0]}": values[0]})
    if len(keyset) == 2:
        tie = Q(**{names[0]: values[0], f"{names[1]}__{ops[1]}": values[1]})
        beyond = Q(**{f"{names[0]}__{ops[0]}e": values[0]}) & (beyond | tie)
    return queryset.filter(beyond)

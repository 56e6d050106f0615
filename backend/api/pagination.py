"""Keyset pages: the cursor names the last row seen, so page 10,000 costs what page 1 costs."""

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

DEFAULT_SIZE, LARGEST_SIZE = 50, 200
LONGEST_CURSOR = 600


class KeysetPagination(BasePagination):
    """Pages through the view's `keyset`, one or two columns of which the last is unique."""

    query_params = ("cursor", "page_size")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request, self.keyset = request, view.keyset
        size = page_size(request.query_params.get("page_size"))
        if cursor := request.query_params.get("cursor"):
            queryset = _after(queryset, self.keyset, decode(cursor, len(self.keyset)))
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
                "schema": {"type": "string", "maxLength": LONGEST_CURSOR},
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
    if not (asked.isascii() and asked.isdigit() and len(asked) < 20 and int(asked) > 0):
        raise ParseError(_("page_size must be a whole number above 0."))
    return min(int(asked), LARGEST_SIZE)


def encode(row: Model, keyset: Sequence[str]) -> str:
    values = [getattr(row, name.lstrip("-")) for name in keyset]
    plain = [value if isinstance(value, (float, int)) else _text(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, ensure_ascii=False).encode()).rstrip(b"=").decode()


def decode(cursor: str, width: int) -> list[Any]:
    """The values of the last row seen. The cursor grants nothing: visibility is asked again on each page."""
    try:
        raw = base64.urlsafe_b64decode(cursor[:LONGEST_CURSOR] + "=" * (-len(cursor) % 4))
        values = json.loads(raw)
        if not (isinstance(values, list) and len(values) == width and all(_is_plain(v) for v in values)):
            raise ValueError
    except (ValueError, RecursionError):
        raise ParseError(_("This cursor is not one of ours. Start again without it.")) from None
    return values


def _after(queryset: QuerySet[Any], keyset: Sequence[str], values: Sequence[Any]) -> QuerySet[Any]:
    """Rows beyond the cursor. Of two columns the first is also bounded on its own: only then does the index serve."""
    names = [name.lstrip("-") for name in keyset]
    ops = ["lt" if name.startswith("-") else "gt" for name in keyset]
    beyond = Q(**{f"{names[0]}__{ops[0]}": values[0]})
    if len(keyset) == 2:
        tie = Q(**{names[0]: values[0], f"{names[1]}__{ops[1]}": values[1]})
        beyond = Q(**{f"{names[0]}__{ops[0]}e": values[0]}) & (beyond | tie)
    try:
        return queryset.filter(beyond)
    except (ValueError, TypeError, ValidationError, FieldError):
        raise ParseError(_("This cursor is not one of ours. Start again without it.")) from None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _is_plain(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and value.isprintable()
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15

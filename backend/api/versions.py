"""ETag and If-Match for rows that count their versions: nobody overwrites what they have not seen."""

from re import fullmatch
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ParseError
from rest_framework.response import Response

LOOKED_AT = r'("[0-9]{1,18}"|\*)'
IF_MATCH = OpenApiParameter(
    "If-Match",
    {"type": "string", "pattern": f"^{LOOKED_AT}$"},
    "header",
    description="The ETag you last saw; stale ones get 412.",
)
ETAG = OpenApiParameter("ETag", str, "header", response=[200, 201], description="The version, for If-Match.")


class Versioned:
    """For a view set of such rows."""

    def shown(self, row: Any, status: int = 200) -> Response:
        """The row as one sees it alone, with its ETag."""
        data = self.get_serializer(row).data  # type: ignore[attr-defined]  # of the view set it is mixed into
        return Response(data, status=status, headers={"ETag": f'"{row.version}"'})

    def seen(self) -> int | None:
        """The version named by If-Match, if any."""
        tag = self.request.headers.get("If-Match", "*")  # type: ignore[attr-defined]  # likewise
        if not fullmatch(LOOKED_AT, tag):
            raise ParseError(_("If-Match must be an ETag of this API."))
        return None if tag == "*" else int(tag[1:-1])

"""How the API describes itself: what it refuses, in patterns, and the problems every operation may answer with."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiResponse
from rest_framework import serializers

from backend.api.errors import MEDIA_TYPE
from backend.api.serializers import StrictSerializer

Direction = Literal["request", "response"]

REFUSALS = {
    "400": "Not well formed: the body, a parameter, or a header.",
    "401": "No valid token and no session.",
    "403": "Your role or the token's scopes do not allow this, or the CSRF token of the session is missing.",
    "404": "It does not exist, or it is not meant for you.",
    "406": "Only JSON is spoken here.",
    "409": "It made sense a moment ago; the state has changed since.",
    "412": "Stale: somebody has changed it since you looked.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "Only application/json is read.",
    "422": "Well formed, but against the rules; `errors` names every field at once.",
    "503": "The database is away or slow. Try again after `Retry-After` seconds.",
}


class ProblemErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="The field it is about; dots lead inwards.")
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="A sentence, for people.")


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]  # a field of that name


class HouseSchema(AutoSchema):
    """drf-spectacular's schema plus what this API refuses."""

    def _get_response_bodies(self, direction: Direction = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self._refusals():
            refusal = OpenApiResponse(ProblemSerializer, description=REFUSALS[status])
            body = self._get_response_for_code(refusal, status, [MEDIA_TYPE], direction)  # type: ignore[no-untyped-call]
            bodies.setdefault(status, body)
        return bodies

    def _refusals(self) -> list[str]:
        statuses = {"400", "401", "403", "406", "414", "503"}
        if "{" in self.path:
            statuses.add("404")
        if self.method in ("POST", "PUT", "PATCH", "DELETE"):
            statuses |= {"404", "409", "422"}
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {"413", "415"}
        if any(parameter["name"] == "If-Match" for parameter in self._get_parameters()):
            statuses.add("412")
        return sorted(statuses)

    def _map_serializer_field(self, field: Any, direction: Direction, bypass_extensions: bool = False) -> Any:
        """A field that is stricter than its type says so in a pattern."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        pattern = getattr(field, "pattern", None)
        if pattern and direction == "request":
            blank = getattr(field, "allow_blank", False)
            return {**schema, "pattern": rf"^(\s*|{pattern})$" if blank else f"^{pattern}$"}
        return schema

    def _map_basic_serializer(self, serializer: Any, direction: Direction) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(serializer, StrictSerializer):
            schema["additionalProperties"] = False
        return schema

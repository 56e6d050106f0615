"""How the API describes itself: every operation names the problems it may answer with."""

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

from backend.api.errors import MEDIA_TYPE


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
    """drf-spectacular's schema plus the refusals every operation shares."""

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        for status in self._refusals():
            body = self._get_response_for_code(  # type: ignore[no-untyped-call]
                ProblemSerializer, status, [MEDIA_TYPE], direction
            )
            bodies.setdefault(status, body)
        return bodies

    def _refusals(self) -> list[str]:
        statuses = {"400", "401", "403", "503"}
        if "{" in self.path:
            statuses.add("404")
        if self.method in ("POST", "PUT", "PATCH", "DELETE"):
            statuses |= {"409", "412", "422"}
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {"413", "415"}
        return sorted(statuses)

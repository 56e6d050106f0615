"""What serializers of this API share: unknown fields are refused, texts are checked."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """A field that does not exist is a typing error worth telling, not something to drop silently."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))
            if unknown:
                message = _("There is no such field.")
                raise serializers.ValidationError({name[:60]: [message] for name in unknown[:20]}, code="unknown_field")
        return super().to_internal_value(data)


class PlaceSerializer(serializers.Serializer[Any]):
    """An organisation as others see it beside its listings."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    designation = serializers.CharField(read_only=True)
    kind = serializers.CharField(read_only=True)
    country = serializers.CharField(read_only=True)
    state = serializers.CharField(read_only=True)
    district = serializers.CharField(read_only=True)
    population = serializers.IntegerField(read_only=True, allow_null=True)
    latitude = serializers.FloatField(read_only=True, allow_null=True)
    longitude = serializers.FloatField(read_only=True, allow_null=True)
    keys = serializers.SerializerMethodField()

    def get_keys(self, organisation: Any) -> dict[str, str]:
        """Official keys that hold now, by scheme."""
        return {key.scheme: key.value for key in organisation.keys.all() if key.valid_until is None}

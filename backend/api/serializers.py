"""What serializers of this API share: JSON is taken at its word, unknown fields are refused."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from re import fullmatch
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from backend.api.errors import worded
from sharing.municipalities.models import OfficialKey
from sharing.texts import line_problems, normalise, text_problems

# What may stand in a text, as sharing.texts has it, in words a schema can hold: no controls, and something to see.
_CONTROL_BUT_BREAKS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
_CONTROL = r"\x00-\x1f\x7f-\x9f\u2028\u2029"
_BIDI = r"\u202a-\u202e\u2066-\u2069"
_UNSEEN = r"\s\xad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u2064\u3164\ufe0f\ufeff\uffa0"


class StrictSerializer(serializers.Serializer[Any]):
    """A field that does not exist is a typing error worth telling, not something to drop silently."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in set(data) - set(self.fields))
            if unknown:
                problem = ErrorDetail(_("There is no such field."), "unknown_field")
                raise serializers.ValidationError({name[:60]: [problem] for name in unknown[:20]})
        return super().to_internal_value(data)


class OnlyText:
    """DRF turns 5 into "5"; a program that sends a number for a text has a fault it should hear of."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("Send this as text."), code="not_text")
        return super().to_internal_value(data)  # type: ignore[misc]  # of the field it is mixed into


class Text(OnlyText, serializers.CharField):
    """A text, in one spelling (NFC) and without white space at its ends."""

    pattern = f"[^{_CONTROL_BUT_BREAKS}]*[^{_CONTROL}{_UNSEEN}][^{_CONTROL_BUT_BREAKS}]*"
    problems_of = staticmethod(text_problems)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if not isinstance(data, str):
            return super().run_validation(data)
        text = normalise(data)
        if text and (found := list(self.problems_of(data, field="", longest=len(data)))):
            raise serializers.ValidationError([ErrorDetail(worded(problem), problem.code) for problem in found])
        return super().run_validation(text)


class Line(Text):
    """A text of one line."""

    pattern = f"[^{_CONTROL}{_BIDI}]*[^{_CONTROL}{_BIDI}{_UNSEEN}][^{_CONTROL}{_BIDI}]*"
    problems_of = staticmethod(line_problems)


class Coded(OnlyText, serializers.CharField):
    """A code of a fixed form."""

    def __init__(self, pattern: str, **options: Any) -> None:
        super().__init__(**options)
        self.pattern = pattern

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and not fullmatch(self.pattern, data):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Choice(OnlyText, serializers.ChoiceField):
    pass


class Email(OnlyText, serializers.EmailField):
    """A plain address; what RFC 5322 allows beyond that, mail servers refuse."""

    pattern = r"[A-Za-z0-9_%+-]+(\.[A-Za-z0-9_%+-]+)*@([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,20}"

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, str) and not fullmatch(self.pattern, data):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Id(OnlyText, serializers.UUIDField):
    """In the usual spelling only, not as `urn:uuid:…`, in braces or without dashes."""

    pattern = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not fullmatch(self.pattern, data):
            self.fail("invalid", value=data[:40])
        return super().to_internal_value(data)


class Day(OnlyText, serializers.DateField):
    """Python would also take 20261123 and 2026-W48-1."""

    pattern = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_internal_value(self, data: Any) -> date:
        if isinstance(data, str) and not fullmatch(self.pattern, data):
            self.fail("invalid", format="YYYY-MM-DD")
        day: date = super().to_internal_value(data)
        return day


class Whole(serializers.IntegerField):
    """A whole number as JSON means it: 5 and 5.0, not "5" and not true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, (int, float)) or data != data // 1:
            self.fail("invalid")
        return int(data)


@extend_schema_field(
    {
        "type": ["number", "string"],
        "exclusiveMinimum": 0,
        "maximum": 10_000_000,
        "multipleOf": 0.01,
        "pattern": r"^(0\.(0[1-9]|[1-9][0-9]?)|[1-9][0-9]{0,6}(\.[0-9]{1,2})?)$",
    }
)
class Amount(serializers.DecimalField):
    """A number with two places, or its digits as text, as we send it."""

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """DRF would take an empty text for null."""
        if isinstance(data, str) and not data.strip():
            self.fail("invalid")
        return super().validate_empty_values(data)

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, float) and abs(data - round(data, 2)) < 1e-7:
            data = round(data, 2)  # 0.1 + 0.2 is noise, not precision
        if isinstance(data, str) and not fullmatch(r"(0|[1-9][0-9]{0,7})(\.[0-9]{1,2})?", data):
            self.fail("invalid")
        if isinstance(data, bool) or not isinstance(data, (int, float, str)):
            self.fail("invalid")
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
        """Official keys that hold now, by scheme; of two of one scheme the newer."""
        return {key.scheme: key.value for key in sorted(organisation.keys.all(), key=_age) if key.valid_until is None}


def _age(key: OfficialKey) -> tuple[date, int]:
    return key.valid_from or date.min, key.pk

"""Query parameters, refused where they mean nothing: a misspelt filter must not silently return everything."""

import re
from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.drainage import set_override
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(r"[0-9-]{10}[Tt][0-9:]{8}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")


def check_query(params: QueryDict, known: Collection[str]) -> None:
    """A 400 that names every parameter that is unknown, given twice, or empty."""
    problems = {}
    for name, values in params.lists():
        if name not in known:
            message = _("There is no such parameter. Known are: %(known)s.") % {
                "known": ", ".join(sorted(known)) or "–"
            }
            problems[name[:60]] = [ErrorDetail(message, "unknown_parameter")]
        elif len(values) > 1:
            problems[name] = [ErrorDetail(_("Give this parameter once."), "repeated_parameter")]
        elif not values[0].strip():
            problems[name] = [ErrorDetail(_("Give this parameter a value, or leave it out."), "empty_parameter")]
    if problems:
        raise ValidationError(problems)


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter for lists. A row that is asked for by its id is there whatever the filters."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if view.detail:
            return queryset
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered


class YesNoField(forms.Field):
    """Django's own reads every word it does not know as “not given”."""

    def to_python(self, value: Any) -> bool | None:
        if value not in (None, "", "true", "false"):
            raise forms.ValidationError(_("Write true or false."), code="invalid")
        return value == "true" if value else None


class DayField(forms.Field):
    """Django's own reads days as the reader's country writes them."""

    def to_python(self, value: Any) -> date | None:
        if not value:
            return None
        try:
            return date.fromisoformat(value if DAY.fullmatch(value) else "")
        except ValueError:
            raise forms.ValidationError(_("Write the day as in 2026-11-23."), code="invalid") from None


class InstantField(forms.Field):
    """A moment has an offset: without one an hour in October happens twice, and one in March never."""

    def to_python(self, value: Any) -> datetime | None:
        if not value:
            return None
        try:
            return datetime.fromisoformat(value.upper() if INSTANT.fullmatch(value) else "").astimezone(UTC)
        except (ValueError, OverflowError):
            hint = _("Write date, time and offset as in 2026-11-23T08:00:00Z.")
            raise forms.ValidationError(hint, code="invalid") from None


class TextFilter(django_filters.CharFilter):
    """Some words, at most so many characters of them."""

    def __init__(self, longest: int, *, help_text: str = "", **options: Any) -> None:
        super().__init__(max_length=longest, help_text=help_text, **options)
        schema = {"type": "string", "maxLength": longest, "pattern": r"^[^\x00]*[^\s\x00-\x1f][^\x00]*$"}
        set_override(self, "field", schema | {"description": help_text} if help_text else schema)


class YesNoFilter(django_filters.BooleanFilter):
    field_class = YesNoField


class DayFilter(django_filters.DateFilter):
    field_class = DayField


class InstantFilter(django_filters.IsoDateTimeFilter):
    field_class = InstantField

"""Filters that refuse what they do not know: a misspelt parameter must not silently return everything."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request


class StrictFilterBackend(DjangoFilterBackend):
    """django-filter, plus: an unknown or repeated single-valued parameter is a 400 that names it."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        if view.detail:
            return queryset
        known = set(getattr(view.paginator, "query_params", ()))
        if filterset := self.get_filterset_class(view, queryset):
            known |= set(filterset.base_filters)
        if unknown := sorted(set(request.query_params) - known):
            message = _("There is no such parameter. Known are: %(known)s.") % {"known": ", ".join(sorted(known))}
            raise ValidationError({name[:60]: [message] for name in unknown}, code="unknown_parameter")
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered

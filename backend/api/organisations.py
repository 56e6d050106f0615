"""The directory: organisations, their departments, and the categories of cooperation."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.base import ActorViewSet
from backend.api.filters import TextFilter
from backend.api.serializers import Email, Id, Line, PlaceSerializer, StrictSerializer
from sharing.municipalities import actions
from sharing.municipalities.models import KIND_LABELS, LEVEL_LABELS, Department, Organisation
from sharing.municipalities.tokens import Scope
from sharing.taxonomy.models import Category


class OrganisationSerializer(PlaceSerializer):
    level = serializers.CharField(read_only=True)
    mailbox = serializers.CharField(read_only=True, help_text="Role mailbox; may be empty.")
    administered_by = serializers.UUIDField(source="administered_by_id", read_only=True, allow_null=True)


class OrganisationFilter(django_filters.FilterSet):
    key = TextFilter(24, method="of_key", help_text="AGS, ARS or LAU code.")
    name = TextFilter(120, lookup_expr="icontains", help_text="A part of it.")
    kind = django_filters.ChoiceFilter(choices=list(KIND_LABELS.items()))
    level = django_filters.ChoiceFilter(choices=list(LEVEL_LABELS.items()))
    country = TextFilter(2)
    state = TextFilter(80)
    district = TextFilter(120)

    def of_key(self, queryset: Any, _name: str, value: str) -> Any:
        """By id: an organisation that holds the same digits as AGS and as ARS is still one."""
        return queryset.filter(id__in=Organisation.objects.with_key(value))


class OrganisationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ActorViewSet[Organisation]):
    """Municipalities, the administrations that act for several, and their partners."""

    queryset = Organisation.objects.prefetch_related("keys")
    serializer_class = OrganisationSerializer
    filterset_class = OrganisationFilter
    keyset = ("name", "id")
    read_scope = Scope.ORGANISATIONS_READ


class DepartmentSerializer(serializers.ModelSerializer[Department]):
    mailbox = serializers.CharField(read_only=True, help_text="Role mailbox; may be empty.")

    class Meta:
        model = Department
        fields: ClassVar = ["id", "organisation", "name", "mailbox"]


class DepartmentDraftSerializer(StrictSerializer):
    organisation = Id()
    name = Line(max_length=120)
    mailbox = Email(max_length=254, required=False, allow_blank=True, default="")


class DepartmentChangeSerializer(StrictSerializer):
    name = Line(max_length=120)
    mailbox = Email(max_length=254, required=False, allow_blank=True, default="")


class DepartmentFilter(django_filters.FilterSet):
    organisation = django_filters.UUIDFilter()


class DepartmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ActorViewSet[Department]):
    """Units of an organisation with their role mailboxes. Managers keep them."""

    queryset = Department.objects.all()
    serializer_class = DepartmentSerializer
    filterset_class = DepartmentFilter
    keyset = ("name", "id")
    read_scope = Scope.ORGANISATIONS_READ
    write_scope = Scope.ORGANISATIONS_WRITE

    @extend_schema(request=DepartmentDraftSerializer, responses={201: DepartmentSerializer})
    def create(self, request: Request) -> Response:
        form = DepartmentDraftSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        department = actions.add_department(**_renamed(form.validated_data), by=self.actor)
        return Response(DepartmentSerializer(department).data, status=201)

    @extend_schema(request=DepartmentChangeSerializer, responses=DepartmentSerializer)
    def update(self, request: Request, pk: UUID) -> Response:
        form = DepartmentChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        department = actions.change_department(self.get_object().id, **form.validated_data, by=self.actor)
        return Response(DepartmentSerializer(department).data)


def _renamed(data: dict[str, Any]) -> dict[str, Any]:
    return {"organisation_id" if name == "organisation" else name: value for name, value in data.items()}


class CategorySerializer(serializers.ModelSerializer[Category]):
    class Meta:
        model = Category
        fields: ClassVar = ["code", "name_de", "name_en", "budget_areas", "examples_de"]


class CategoryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ActorViewSet[Category]):
    """The 24 fields of cooperation."""

    queryset = Category.objects.all()
    serializer_class = CategorySerializer
    lookup_value_converter = "str"
    keyset = ("code",)
    read_scope = Scope.ORGANISATIONS_READ

"""The concept table over HTTP: different words for the same thing, collected by coordinators."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.base import ActorViewSet
from backend.api.filters import TextFilter
from backend.api.serializers import Coded, Id, Line, StrictSerializer
from sharing.municipalities.tokens import Scope
from sharing.taxonomy import actions
from sharing.taxonomy.models import Concept


class WordingSerializer(StrictSerializer):
    term = Line(max_length=120)
    language = Coded("[a-z]{2}", required=False)
    term_en = Line(max_length=120, allow_blank=True, required=False)
    synonyms = serializers.ListField(child=Line(max_length=120), max_length=50, required=False)
    foreign_names = serializers.ListField(child=Line(max_length=120), max_length=50, required=False)
    needs = serializers.ListField(child=Line(max_length=160), max_length=50, required=False)
    foreign_needs = serializers.ListField(child=Line(max_length=160), max_length=50, required=False)
    category = Coded("[A-Z]{2,3}", allow_null=True, required=False)
    broader = Id(allow_null=True, required=False)
    not_same_as = serializers.ListField(child=Id(), max_length=50, required=False)

    def as_wording(self) -> actions.Wording:
        given: dict[str, Any] = dict(self.validated_data)
        given |= {name: tuple(given.get(name, ())) for name in (*actions.LISTS, "not_same_as")}
        return actions.Wording(**given)


class ConceptSerializer(serializers.ModelSerializer[Concept]):
    class Meta:
        model = Concept
        fields: ClassVar = [
            "id", "key", "term", "language", "term_en", "synonyms", "foreign_names", "needs", "foreign_needs",
            "category", "broader", "not_same_as",
        ]  # fmt: skip
        read_only_fields = fields


class ConceptFilter(django_filters.FilterSet):
    term = TextFilter(120, lookup_expr="icontains", help_text="A part of it.")
    language = TextFilter(2)
    category = TextFilter(3, field_name="category_id")


class ConceptViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ActorViewSet[Concept]):
    """Meanings with their words: bDSB, Datenschutzbeauftragte/r, DPO. Every editor may improve the table."""

    queryset = Concept.objects.prefetch_related("not_same_as")
    serializer_class = ConceptSerializer
    filterset_class = ConceptFilter
    keyset = ("term", "id")
    read_scope = Scope.ORGANISATIONS_READ
    write_scope = Scope.LISTINGS_WRITE

    @extend_schema(request=WordingSerializer, responses={201: ConceptSerializer})
    def create(self, request: Request) -> Response:
        form = WordingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(ConceptSerializer(actions.add_concept(form.as_wording(), by=self.actor)).data, status=201)

    @extend_schema(request=WordingSerializer, responses=ConceptSerializer)
    def update(self, request: Request, pk: UUID) -> Response:
        form = WordingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        concept = actions.change_concept(self.get_object().id, form.as_wording(), by=self.actor)
        return Response(ConceptSerializer(concept).data)

"""Matches over HTTP: what was found for your listings, why, and your answer."""

from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.base import ActorViewSet
from backend.api.filters import YesNoFilter
from backend.api.serializers import Choice, PlaceSerializer, StrictSerializer, Text
from sharing.matching import actions
from sharing.matching.models import Dismissal, Match, MatchQuerySet
from sharing.matching.wording import sentences
from sharing.municipalities.tokens import Scope


class SideSerializer(serializers.Serializer[Any]):
    """A listing as one side of a match."""

    id = serializers.UUIDField(read_only=True)
    title = serializers.CharField(read_only=True)
    language = serializers.CharField(read_only=True)
    resource = serializers.CharField(read_only=True)
    category = serializers.CharField(source="category_id", read_only=True)
    owner = PlaceSerializer(read_only=True)
    contact = serializers.CharField(source="contact_address", read_only=True)


class DismissalSerializer(serializers.ModelSerializer[Dismissal]):
    class Meta:
        model = Dismissal
        fields: ClassVar = ["organisation", "reason", "comment", "dismissed_at"]


class MatchSerializer(serializers.ModelSerializer[Match]):
    request = SideSerializer(read_only=True)
    offer = SideSerializer(read_only=True)
    reasons = serializers.ListField(child=serializers.DictField(), read_only=True)
    in_words = serializers.SerializerMethodField()
    dismissed = serializers.SerializerMethodField()

    class Meta:
        model = Match
        fields: ClassVar = [
            "id", "request", "offer", "score", "notify", "partial", "reasons", "in_words", "dismissed", "found_at",
        ]  # fmt: skip

    def get_in_words(self, match: Match) -> list[str]:
        """The reasons as sentences in the language asked for."""
        return sentences(match.reasons)

    @extend_schema_field(DismissalSerializer(many=True))
    def get_dismissed(self, match: Match) -> Any:
        """Your own organisations' answers; what the other side said stays theirs."""
        own = self.context["view"].actor.organisation_ids
        return DismissalSerializer([d for d in match.dismissals.all() if d.organisation_id in own], many=True).data


class AnswerSerializer(StrictSerializer):
    reason = Choice(choices=Dismissal.Reason.choices)
    comment = Text(max_length=300, required=False, allow_blank=True, default="")


class MatchFilter(django_filters.FilterSet):
    listing = django_filters.UUIDFilter(method="of_listing", help_text="On either side.")
    notify = YesNoFilter(help_text="Good enough to be told in a digest.")
    partial = YesNoFilter(help_text="Covers only a part.")
    dismissed = YesNoFilter(method="answered", help_text="With (or without) a no of yours.")

    def of_listing(self, queryset: MatchQuerySet, _name: str, listing_id: UUID) -> MatchQuerySet:
        return queryset.touching([listing_id])

    def answered(self, queryset: MatchQuerySet, _name: str, value: bool) -> MatchQuerySet:
        actor = self.request.parser_context["view"].actor
        return queryset.dismissed_by(actor) if value else queryset.not_dismissed_by(actor)


class MatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ActorViewSet[Match]):
    """Best first. Only the two owners see a match."""

    queryset = Match.objects.with_listings().defer("request__document", "offer__document")
    serializer_class = MatchSerializer
    filterset_class = MatchFilter
    keyset = ("-score", "-id")
    read_scope = Scope.MATCHES_READ
    write_scope = Scope.MATCHES_WRITE

    @extend_schema(request=AnswerSerializer, responses=MatchSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: UUID) -> Response:
        """Say “not suitable, because …”. It is not suggested to you again, and matching learns from the reason."""
        form = AnswerSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        actions.dismiss(self.get_object().id, **form.validated_data, by=self.actor, now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)

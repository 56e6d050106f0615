"""Listings over HTTP: read what is meant for you, keep drafts, publish, end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.base import ActorViewSet
from backend.api.serializers import PlaceSerializer, StrictSerializer
from sharing.listings import actions, labels
from sharing.listings.models import Listing, ListingQuerySet
from sharing.listings.rules import Draft
from sharing.municipalities.models import KIND_LABELS
from sharing.municipalities.terms import PARTNER_KINDS
from sharing.municipalities.tokens import Scope

IF_MATCH = OpenApiParameter("If-Match", str, "header", description="The ETag you last saw; stale ones get 412.")


class ContentSerializer(StrictSerializer):
    """What a listing says. Only what has no default must be given; the rest may come before publication."""

    direction = serializers.ChoiceField(choices=list(labels.DIRECTION.items()))
    resource = serializers.ChoiceField(choices=list(labels.RESOURCE.items()))
    category = serializers.CharField(max_length=3)
    title = serializers.CharField(max_length=160)
    description = serializers.CharField(max_length=5_000, allow_blank=True, required=False)
    language = serializers.RegexField("^[a-z]{2}$", required=False)
    keywords = serializers.ListField(child=serializers.CharField(max_length=60), max_length=20, required=False)
    quantity = serializers.DecimalField(max_digits=12, decimal_places=2, allow_null=True, required=False)
    unit = serializers.ChoiceField(choices=list(labels.UNIT.items()), allow_null=True, required=False)
    starts_on = serializers.DateField(allow_null=True, required=False)
    ends_on = serializers.DateField(allow_null=True, required=False)
    mode = serializers.ChoiceField(choices=list(labels.MODE.items()), required=False)
    radius_km = serializers.IntegerField(min_value=1, max_value=2_000, allow_null=True, required=False)
    considerations = serializers.ListField(
        child=serializers.ChoiceField(choices=list(labels.CONSIDERATION.items())), max_length=7, required=False
    )
    department = serializers.UUIDField(allow_null=True, required=False)
    level = serializers.ChoiceField(choices=list(labels.LEVEL.items()), allow_null=True, required=False)
    benefit = serializers.CharField(max_length=300, allow_blank=True, required=False)
    partner_kinds = serializers.ListField(
        child=serializers.ChoiceField(choices=[(kind, KIND_LABELS[kind]) for kind in sorted(PARTNER_KINDS)]),
        max_length=4,
        required=False,
    )
    participation = serializers.ChoiceField(choices=list(labels.PARTICIPATION.items()), allow_null=True, required=False)
    visibility = serializers.ChoiceField(choices=list(labels.VISIBILITY.items()), required=False)
    audience = serializers.ListField(child=serializers.UUIDField(), max_length=200, required=False)
    contact = serializers.EmailField(allow_blank=True, required=False)
    expires_on = serializers.DateField(allow_null=True, required=False)

    def as_draft(self, base: Draft | None = None) -> Draft:
        """The content as the rules take it; over `base` where only a part was sent."""
        sent: dict[str, Any] = self.validated_data
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in sent.items() if name != "owner"
        }
        return replace(base, **given) if base else Draft(**given)


class NewListingSerializer(ContentSerializer):
    owner = serializers.UUIDField(help_text="The organisation the listing belongs to; you must be its editor.")


class ListingSerializer(serializers.ModelSerializer[Listing]):
    owner = PlaceSerializer(read_only=True)
    contact = serializers.CharField(source="contact_address", read_only=True)
    audience = serializers.SerializerMethodField()

    class Meta:
        model = Listing
        fields: ClassVar = [
            "id", "owner", "ref", "state", "direction", "resource", "category", "title", "description",
            "language", "keywords", "quantity", "unit", "starts_on", "ends_on", "mode", "radius_km",
            "considerations", "department", "level", "benefit", "partner_kinds", "participation", "visibility",
            "audience", "contact", "expires_on", "version", "created_at", "updated_at", "published_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_audience(self, listing: Listing) -> list[UUID]:
        """Whom the owner named; others are not told who else may look."""
        if listing.owner_id not in self.context["view"].actor.organisation_ids:
            return []
        return sorted(organisation.id for organisation in listing.audience.all())


class ListingFilter(django_filters.FilterSet):
    direction = django_filters.ChoiceFilter(choices=list(labels.DIRECTION.items()))
    resource = django_filters.ChoiceFilter(choices=list(labels.RESOURCE.items()))
    category = django_filters.CharFilter(field_name="category_id", max_length=3)
    state = django_filters.ChoiceFilter(choices=list(labels.STATE.items()))
    mode = django_filters.ChoiceFilter(choices=list(labels.MODE.items()))
    level = django_filters.ChoiceFilter(choices=list(labels.LEVEL.items()))
    language = django_filters.CharFilter(max_length=2)
    owner = django_filters.UUIDFilter()
    owner_key = django_filters.CharFilter(field_name="owner__keys__value", max_length=24, help_text=_("AGS or LAU."))
    land = django_filters.CharFilter(field_name="owner__state", max_length=80)
    district = django_filters.CharFilter(field_name="owner__district", max_length=120)
    mine = django_filters.BooleanFilter(method="of_actor", help_text=_("Only, or without, those you act for."))
    runs_on = django_filters.DateFilter(method="running", help_text=_("A day inside the window."))
    updated_since = django_filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
    search = django_filters.CharFilter(method="full_text", max_length=200)

    def of_actor(self, queryset: ListingQuerySet, _name: str, value: bool) -> ListingQuerySet:
        own = self.request.parser_context["view"].actor.organisation_ids
        return queryset.filter(owner__in=own) if value else queryset.exclude(owner__in=own)

    def running(self, queryset: ListingQuerySet, _name: str, day: Any) -> ListingQuerySet:
        return queryset.filter(starts_on__lte=day, ends_on__gte=day)

    def full_text(self, queryset: ListingQuerySet, _name: str, words: str) -> ListingQuerySet:
        return queryset.search(words)


class ListingViewSet(mixins.ListModelMixin, ActorViewSet[Listing]):
    """Offers and requests. A listing starts as a draft; publishing puts it on the market and has it matched."""

    queryset = Listing.objects.with_places()
    serializer_class = ListingSerializer
    filterset_class = ListingFilter
    keyset = ("-id",)
    read_scope = Scope.LISTINGS_READ
    write_scope = Scope.LISTINGS_WRITE

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._shown(self.get_object())

    @extend_schema(request=NewListingSerializer, responses={201: ListingSerializer})
    def create(self, request: Request) -> Response:
        form = NewListingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        listing = actions.draft(form.as_draft(), owner_id=form.validated_data["owner"], by=self.actor)
        return self._shown(listing, status=201)

    @extend_schema(request=ContentSerializer, responses=ListingSerializer, parameters=[IF_MATCH])
    def update(self, request: Request, pk: UUID) -> Response:
        return self._revised(ContentSerializer(data=request.data), base=None)

    @extend_schema(request=ContentSerializer, responses=ListingSerializer, parameters=[IF_MATCH])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        return self._revised(ContentSerializer(data=request.data, partial=True), base=self.get_object().draft)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        actions.discard(self.get_object().id, by=self.actor, version=self._seen())
        return Response(status=204)

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: UUID) -> Response:
        """Put a draft or a paused listing on the market."""
        return self._moved(actions.publish, now=timezone.now(), today=timezone.localdate())

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Take it off the market for a while."""
        return self._moved(actions.pause)

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def fulfil(self, request: Request, pk: UUID) -> Response:
        """Close it: it found what it was for."""
        return self._moved(actions.fulfil)

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH])
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Close it: it is no longer meant."""
        return self._moved(actions.withdraw)

    def _revised(self, form: ContentSerializer, base: Draft | None) -> Response:
        form.is_valid(raise_exception=True)
        listing = self.get_object()
        revised = actions.revise(
            listing.id, form.as_draft(base), by=self.actor, today=timezone.localdate(), version=self._seen()
        )
        return self._shown(revised)

    def _moved(self, move: Callable[..., Listing], **when: Any) -> Response:
        return self._shown(move(self.get_object().id, by=self.actor, version=self._seen(), **when))

    def _shown(self, listing: Listing, status: int = 200) -> Response:
        data = ListingSerializer(listing, context=self.get_serializer_context()).data
        return Response(data, status=status, headers={"ETag": f'"{listing.version}"'})

    def _seen(self) -> int | None:
        """The version named by If-Match, if any."""
        tag = self.request.headers.get("If-Match", "*")
        if tag == "*":
            return None
        if not (tag.startswith('"') and tag.endswith('"') and tag[1:-1].isascii() and tag[1:-1].isdigit()):
            raise ParseError("If-Match must be an ETag of this API.")
        return int(tag[1:-1][:18])

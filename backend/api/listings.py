"""Listings over HTTP: read what is meant for you, keep drafts, publish, end."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.base import ActorViewSet
from backend.api.filters import DayFilter, InstantFilter, TextFilter, YesNoFilter
from backend.api.serializers import (
    Amount,
    Choice,
    Coded,
    Day,
    Email,
    Id,
    Line,
    PlaceSerializer,
    StrictSerializer,
    Text,
    Whole,
)
from backend.api.versions import ETAG, IF_MATCH, Versioned
from sharing.listings import actions, labels
from sharing.listings.models import Listing, ListingQuerySet
from sharing.listings.rules import Draft
from sharing.municipalities.models import KIND_LABELS, Organisation
from sharing.municipalities.terms import PARTNER_KINDS
from sharing.municipalities.tokens import Scope


class ContentSerializer(StrictSerializer):
    """What a listing says. Only what has no default must be given; the rest may come before publication."""

    direction = Choice(choices=list(labels.DIRECTION.items()))
    resource = Choice(choices=list(labels.RESOURCE.items()))
    category = Coded("[A-Z]{2,3}", help_text="One of /api/v1/categories/.")
    title = Line(max_length=160)
    description = Text(max_length=5_000, allow_blank=True, required=False)
    language = Coded("[a-z]{2}", required=False, help_text="ISO 639-1.")
    keywords = serializers.ListField(child=Line(max_length=60), max_length=20, required=False)
    quantity = Amount(max_digits=12, decimal_places=2, allow_null=True, required=False)
    unit = Choice(choices=list(labels.UNIT.items()), allow_null=True, required=False)
    starts_on = Day(allow_null=True, required=False)
    ends_on = Day(allow_null=True, required=False)
    mode = Choice(choices=list(labels.MODE.items()), required=False)
    radius_km = Whole(min_value=1, max_value=2_000, allow_null=True, required=False)
    considerations = serializers.ListField(
        child=Choice(choices=list(labels.CONSIDERATION.items())), max_length=7, required=False
    )
    department = Id(allow_null=True, required=False)
    level = Choice(choices=list(labels.LEVEL.items()), allow_null=True, required=False)
    benefit = Line(max_length=300, allow_blank=True, required=False)
    partner_kinds = serializers.ListField(
        child=Choice(choices=[(kind, KIND_LABELS[kind]) for kind in sorted(PARTNER_KINDS)]),
        max_length=4,
        required=False,
    )
    participation = Choice(choices=list(labels.PARTICIPATION.items()), allow_null=True, required=False)
    visibility = Choice(choices=list(labels.VISIBILITY.items()), required=False)
    audience = serializers.ListField(child=Id(), max_length=200, required=False)
    contact = Email(max_length=254, allow_blank=True, required=False)
    expires_on = Day(allow_null=True, required=False)

    def as_draft(self, base: Draft | None = None) -> Draft:
        """The content as the rules take it; over `base` where only a part was sent."""
        sent: dict[str, Any] = self.validated_data
        given: dict[str, Any] = {
            name: tuple(v) if isinstance(v, list) else v for name, v in sent.items() if name != "owner"
        }
        if "audience" in given:
            given["audience"] = tuple(sorted(set(given["audience"])))  # as kept: another order is no change
        return replace(base, **given) if base else Draft(**given)


class NewListingSerializer(ContentSerializer):
    owner = Id(help_text="The organisation the listing belongs to; you must be its editor.")


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
    category = TextFilter(3, field_name="category_id")
    state = django_filters.ChoiceFilter(choices=list(labels.STATE.items()))
    mode = django_filters.ChoiceFilter(choices=list(labels.MODE.items()))
    level = django_filters.ChoiceFilter(choices=list(labels.LEVEL.items()))
    language = TextFilter(2)
    owner = django_filters.UUIDFilter()
    owner_key = TextFilter(24, method="of_key", help_text="AGS, ARS or LAU code.")
    land = TextFilter(80, field_name="owner__state")
    district = TextFilter(120, field_name="owner__district")
    mine = YesNoFilter(method="of_actor", help_text=_("Only, or without, those you act for."))
    runs_on = DayFilter(method="running", help_text=_("A day inside the window."))
    updated_since = InstantFilter(field_name="updated_at", lookup_expr="gte")
    search = TextFilter(200, method="full_text", help_text="Words; quotes, `or` and a minus are understood.")

    def of_key(self, queryset: ListingQuerySet, _name: str, value: str) -> ListingQuerySet:
        return queryset.filter(owner__in=Organisation.objects.with_key(value))

    def of_actor(self, queryset: ListingQuerySet, _name: str, value: bool) -> ListingQuerySet:
        own = self.request.parser_context["view"].actor.organisation_ids
        return queryset.filter(owner__in=own) if value else queryset.exclude(owner__in=own)

    def running(self, queryset: ListingQuerySet, _name: str, day: Any) -> ListingQuerySet:
        return queryset.filter(starts_on__lte=day, ends_on__gte=day)

    def full_text(self, queryset: ListingQuerySet, _name: str, words: str) -> ListingQuerySet:
        return queryset.search(words)


class ListingViewSet(mixins.ListModelMixin, Versioned, ActorViewSet[Listing]):
    """Offers and requests. A listing starts as a draft; publishing puts it on the market and has it matched."""

    queryset = Listing.objects.with_places().defer("document")
    serializer_class = ListingSerializer
    filterset_class = ListingFilter
    keyset = ("-id",)
    read_scope = Scope.LISTINGS_READ
    write_scope = Scope.LISTINGS_WRITE

    @extend_schema(parameters=[ETAG])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.shown(self.get_object())

    @extend_schema(request=NewListingSerializer, responses={201: ListingSerializer}, parameters=[ETAG])
    def create(self, request: Request) -> Response:
        form = NewListingSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        listing = actions.draft(form.as_draft(), owner_id=form.validated_data["owner"], by=self.actor)
        return self.shown(listing, status=201)

    @extend_schema(request=ContentSerializer, responses=ListingSerializer, parameters=[IF_MATCH, ETAG])
    def update(self, request: Request, pk: UUID) -> Response:
        form = ContentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self._revised(self.get_object(), form.as_draft(), version=self.seen())

    @extend_schema(request=ContentSerializer, responses=ListingSerializer, parameters=[IF_MATCH, ETAG])
    def partial_update(self, request: Request, pk: UUID) -> Response:
        form = ContentSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        listing = self.get_object()
        seen = self.seen()
        # What was not sent is taken from the row as read here; a change that comes in between must not be undone.
        version = listing.version if seen is None else seen
        return self._revised(listing, form.as_draft(listing.draft), version=version)

    @extend_schema(responses={204: None}, parameters=[IF_MATCH])
    def destroy(self, request: Request, pk: UUID) -> Response:
        actions.discard(self.get_object().id, by=self.actor, version=self.seen())
        return Response(status=204)

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: UUID) -> Response:
        """Put a draft or a paused listing on the market."""
        return self._moved(actions.publish, now=timezone.now(), today=timezone.localdate())

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Take it off the market for a while."""
        return self._moved(actions.pause)

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def fulfil(self, request: Request, pk: UUID) -> Response:
        """Close it: it found what it was for."""
        return self._moved(actions.fulfil)

    @extend_schema(request=None, responses=ListingSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Close it: it is no longer meant."""
        return self._moved(actions.withdraw)

    def _revised(self, listing: Listing, content: Draft, version: int | None) -> Response:
        revised = actions.revise(listing.id, content, by=self.actor, today=timezone.localdate(), version=version)
        return self.shown(revised)

    def _moved(self, move: Callable[..., Listing], **when: Any) -> Response:
        return self.shown(move(self.get_object().id, by=self.actor, version=self.seen(), **when))

"""Networks over HTTP: what is proposed to you and why, your answer, and what members settle among themselves."""

from collections.abc import Callable
from typing import Any, ClassVar, cast
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
from backend.api.serializers import Amount, Choice, Coded, Day, Id, Line, StrictSerializer, Text, Whole
from backend.api.versions import ETAG, IF_MATCH, Versioned
from sharing.municipalities.tokens import Scope
from sharing.networks import actions, labels
from sharing.networks.models import Network, NetworkQuerySet, Participant, Share
from sharing.networks.rules import Agreement
from sharing.networks.story import Deal, Story, story
from sharing.networks.terms import Answer


class MemberSerializer(serializers.ModelSerializer[Participant]):
    """One organisation in a network. What it says when it declines stays its own."""

    organisation = serializers.UUIDField(source="organisation_id", read_only=True)
    name = serializers.CharField(source="organisation.name", read_only=True)
    comment = serializers.SerializerMethodField()

    class Meta:
        model = Participant
        fields: ClassVar = ["organisation", "name", "answer", "comment", "answered_at", "leaves_on", "declared_until"]

    def get_comment(self, participant: Participant) -> str:
        return "" if participant.answer == Answer.DECLINED else participant.comment


class ShareSerializer(serializers.ModelSerializer[Share]):
    """A listing in a network; `quantity` is what is taken of it, in its own unit, and null for all of it."""

    id = serializers.UUIDField(source="listing_id", read_only=True)
    title = serializers.CharField(source="listing.title", read_only=True)
    direction = serializers.CharField(source="listing.direction", read_only=True)
    owner = serializers.UUIDField(source="listing.owner_id", read_only=True)
    unit = serializers.CharField(source="listing.unit", read_only=True, allow_null=True)

    class Meta:
        model = Share
        fields: ClassVar = ["id", "title", "direction", "owner", "quantity", "unit"]


class NetworkSerializer(serializers.ModelSerializer[Network]):
    lead = serializers.UUIDField(source="lead_id", read_only=True)
    members = MemberSerializer(source="participants", many=True, read_only=True)
    listings = ShareSerializer(source="shares", many=True, read_only=True)

    class Meta:
        model = Network
        fields: ClassVar = [
            "id", "kind", "state", "hint", "reason", "lead", "terms", "least_members", "least_hours", "starts_by",
            "started_on", "benefit", "gap", "content_hash", "members", "listings", "version", "proposed_at",
            "changed_at",
        ]  # fmt: skip


class DealSerializer(serializers.Serializer[Deal]):
    """One thing that your organisation gives or gets."""

    listing = serializers.UUIDField(source="listing.id", read_only=True)
    counterpart = serializers.UUIDField(source="counterpart.id", read_only=True)
    partner = serializers.UUIDField(source="partner.id", read_only=True)
    partner_name = serializers.CharField(source="partner.name", read_only=True)
    quantity = serializers.FloatField(read_only=True, allow_null=True)
    unit = serializers.CharField(read_only=True, allow_null=True)
    covered = serializers.FloatField(read_only=True, allow_null=True, help_text="Share of the request.")
    km = serializers.FloatField(read_only=True, allow_null=True)
    why = serializers.ListField(child=serializers.CharField(), read_only=True)


class StorySerializer(serializers.Serializer[Story]):
    """The network as your organisations see it; sentences in the language asked for."""

    gives = DealSerializer(many=True, read_only=True)
    gets = DealSerializer(many=True, read_only=True)
    together = serializers.CharField(read_only=True)
    missing = serializers.ListField(child=serializers.CharField(), read_only=True)
    surplus = serializers.ListField(child=serializers.CharField(), read_only=True)
    left_out = serializers.ListField(child=serializers.CharField(), read_only=True)
    due = serializers.ListField(child=serializers.CharField(), read_only=True)
    benefits = serializers.SerializerMethodField()

    def get_benefits(self, told: Story) -> list[str]:
        """What residents get, as the listings say."""
        return [benefit for _, benefit in told.benefits]


class WholeSerializer(NetworkSerializer):
    """With legs, working groups, and what it means for you."""

    legs = serializers.SerializerMethodField()
    groups = serializers.SerializerMethodField()
    for_you = serializers.SerializerMethodField()

    class Meta(NetworkSerializer.Meta):
        fields: ClassVar = [*NetworkSerializer.Meta.fields, "legs", "groups", "for_you"]

    def get_legs(self, network: Network) -> list[dict[str, Any]]:
        """Who gives what to whom: offer and request, with the share covered and what is taken of the offer."""
        return [
            {"offer": leg.offer_id, "request": leg.request_id, "covered": leg.covered, "taken": leg.taken, "km": leg.km}
            for leg in network.legs.all()
        ]

    def get_groups(self, network: Network) -> list[dict[str, Any]]:
        return [
            {"name": group.name, "organisations": sorted(o.id for o in group.organisations.all())}
            for group in network.groups.all()
        ]

    @extend_schema_field(StorySerializer)
    def get_for_you(self, network: Network) -> Any:
        return StorySerializer(
            story(network, self.context["view"].actor.organisation_ids, today=timezone.localdate())
        ).data


class MeSerializer(StrictSerializer):
    organisation = Id(help_text="The member you act for.")


class AcceptSerializer(MeSerializer):
    content_hash = Coded("[0-9a-f]{64}", help_text="Of the content you have seen.")


class DeclineSerializer(MeSerializer):
    reason = Choice(choices=list(labels.REASON.items()))
    comment = Text(max_length=300, required=False, allow_blank=True, default="")


class ChangeSerializer(MeSerializer):
    """All that members settle among themselves, as it shall be from now on."""

    lead = Id()
    terms = Text(max_length=2_000, required=False, allow_blank=True, default="")
    least_members = Whole(min_value=2, max_value=200, required=False, allow_null=True, default=None)
    least_hours = Amount(max_digits=8, decimal_places=2, required=False, allow_null=True, default=None)
    starts_by = Day(required=False, allow_null=True, default=None)
    comment = Text(max_length=300, required=False, allow_blank=True, default="")


class JoinSerializer(StrictSerializer):
    listing = Id(help_text="A listing of yours that has been matched with the network's.")


class GroupSerializer(StrictSerializer):
    name = Line(max_length=120)
    organisations = serializers.ListField(child=Id(), max_length=200, help_text="Members; none ends the group.")


class NetworkFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=list(labels.KIND.items()))
    state = django_filters.ChoiceFilter(choices=list(labels.STATE.items()))
    hint = YesNoFilter(help_text="A circle in which somebody asked for money.")
    listing = django_filters.UUIDFilter(method="of_listing")

    def of_listing(self, queryset: NetworkQuerySet, _name: str, listing_id: UUID) -> NetworkQuerySet:
        return queryset.touching([listing_id])


class NetworkViewSet(mixins.ListModelMixin, Versioned, ActorViewSet[Network]):
    """Swaps, rings, pools and joint projects that your organisations take part in, or could."""

    queryset = Network.objects.all()
    serializer_class = WholeSerializer
    filterset_class = NetworkFilter
    keyset = ("-id",)
    read_scope = Scope.NETWORKS_READ
    write_scope = Scope.NETWORKS_WRITE

    def get_queryset(self) -> NetworkQuerySet:
        """A list needs what it shows; the others only ask whether the row is there for the actor."""
        rows = cast("NetworkQuerySet", super().get_queryset())
        return rows.with_members() if self.action == "list" else rows

    def get_serializer_class(self) -> type[NetworkSerializer]:
        return NetworkSerializer if self.action == "list" else WholeSerializer

    @extend_schema(parameters=[ETAG])
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self.shown(Network.objects.whole().visible_to(self.actor).get(id=pk))

    @extend_schema(request=AcceptSerializer, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: UUID) -> Response:
        """Say yes to what you have seen. An old content gets 409 with what has changed since."""
        return self._did(actions.accept, AcceptSerializer)

    @extend_schema(request=DeclineSerializer, responses={200: WholeSerializer, 204: None}, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: UUID) -> Response:
        """Say no, with a reason: you are out of it (204), and the next best partner steps in, or it is given up."""
        return self._did(actions.decline, DeclineSerializer)

    @extend_schema(request=ChangeSerializer, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def change(self, request: Request, pk: UUID) -> Response:
        """Ask for a change of what members settle among themselves. Everybody must accept anew."""
        form = ChangeSerializer(data=self.request.data)
        form.is_valid(raise_exception=True)
        sent = dict(form.validated_data)
        me, comment = sent.pop("organisation"), sent.pop("comment")
        return self._moved(actions.ask_for_change, Agreement(**sent), organisation_id=me, comment=comment)

    @extend_schema(request=JoinSerializer, responses=WholeSerializer, parameters=[ETAG])
    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: UUID) -> Response:
        """Come along later, where there is room: with a listing of yours that was matched with the network's."""
        form = JoinSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        listing = form.validated_data["listing"]
        network = Network.objects.joinable_with(listing, self.actor).get(id=pk)
        actions.join(network.id, listing_id=listing, by=self.actor, now=timezone.now())
        return self._whole()

    @extend_schema(request=MeSerializer, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, pk: UUID) -> Response:
        """Give notice: your organisation stays for another quarter."""
        return self._did(actions.leave, MeSerializer)

    @extend_schema(request=MeSerializer, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def declare(self, request: Request, pk: UUID) -> Response:
        """Renew your declaration for a year."""
        return self._did(actions.declare, MeSerializer)

    @extend_schema(request=GroupSerializer, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def groups(self, request: Request, pk: UUID) -> Response:
        """Set up, change or end a working group; for the lead."""
        form = GroupSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        members = frozenset(form.validated_data["organisations"])
        return self._moved(actions.set_group, name=form.validated_data["name"], organisation_ids=members)

    @extend_schema(request=None, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def conclude(self, request: Request, pk: UUID) -> Response:
        """Close it: it has done what it was for. For the lead."""
        return self._moved(actions.conclude)

    @extend_schema(request=None, responses=WholeSerializer, parameters=[IF_MATCH, ETAG])
    @action(detail=True, methods=["post"])
    def dissolve(self, request: Request, pk: UUID) -> Response:
        """End it before its time. For the lead."""
        return self._moved(actions.dissolve)

    def _did(self, act: Callable[..., object], form_class: type[MeSerializer]) -> Response:
        form = form_class(data=self.request.data)
        form.is_valid(raise_exception=True)
        sent = dict(form.validated_data)
        return self._moved(act, organisation_id=sent.pop("organisation"), **sent)

    def _moved(self, act: Callable[..., object], *args: object, **values: object) -> Response:
        act(self.get_object().id, *args, by=self.actor, now=timezone.now(), version=self.seen(), **values)
        return self._whole()

    def _whole(self) -> Response:
        """204 where the actor has no seat in it any more."""
        network = Network.objects.whole().visible_to(self.actor).filter(id=self.kwargs["pk"]).first()
        return Response(status=204) if network is None else self.shown(network)

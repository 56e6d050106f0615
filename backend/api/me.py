"""Who is asking: the member or token, their organisations, and when the digest comes."""

from typing import Any, cast

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from backend.api.base import ActorView
from backend.api.serializers import Choice, Coded, StrictSerializer, Whole
from sharing.digests import actions as digests
from sharing.digests.models import PERIOD_LABELS, wish_of
from sharing.digests.rules import Period, Wish
from sharing.municipalities import actions as municipalities
from sharing.municipalities.models import Member
from sharing.municipalities.tokens import ApiToken


class SeatSerializer(serializers.Serializer[Any]):
    organisation = serializers.UUIDField(source="organisation_id")
    role = serializers.SerializerMethodField()

    def get_role(self, seat: Any) -> str:
        return str(seat.role.name.lower())


class DigestWishSerializer(StrictSerializer):
    period = Choice(choices=list(PERIOD_LABELS.items()))
    weekday = Whole(min_value=1, max_value=7, help_text="1 is Monday; only for weekly.")
    hour = Whole(min_value=0, max_value=23, help_text="In your time zone.")


class ProfileSerializer(StrictSerializer):
    language = Choice(choices=Member.Language.choices, required=False)
    time_zone = Coded("[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", max_length=60, required=False)
    digest = DigestWishSerializer(required=False)


class MeSerializer(serializers.Serializer[Any]):
    member = serializers.UUIDField(allow_null=True, help_text="Empty for a token.")
    token = serializers.UUIDField(allow_null=True, help_text="Empty for a person.")
    name = serializers.CharField()
    email = serializers.EmailField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField(), allow_null=True)
    seats = SeatSerializer(many=True)
    language = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField(allow_null=True)
    digest = DigestWishSerializer(allow_null=True)


class MeView(ActorView):
    """Yourself, and the settings only you may change."""

    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        return Response(MeSerializer(self._me()).data)

    @extend_schema(request=ProfileSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        if not isinstance(member := request.user, Member):
            raise PermissionDenied(_("A token has no profile. Log in to change yours."))
        form = ProfileSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = form.validated_data
        if {"language", "time_zone"} & set(changes):
            profile = {"language": member.language, "time_zone": member.time_zone} | changes
            language, zone = profile["language"], profile["time_zone"]
            municipalities.change_profile(member, language=language, time_zone=zone, by=self.actor)
        if "digest" in changes:
            old = wish_of(member)
            new = {"period": old.period, "weekday": old.weekday, "hour": old.hour} | changes["digest"]
            wish = Wish(Period(new["period"]), new["weekday"], new["hour"], member.time_zone)
            member.subscription = digests.subscribe(member, wish, by=self.actor)
        return Response(MeSerializer(self._me()).data)

    def _me(self) -> dict[str, Any]:
        token, user = self.request.auth, cast("Member", self.request.user)
        if isinstance(token, ApiToken):
            return {
                "member": None, "token": token.id, "name": token.name, "email": None, "scopes": token.scopes,
                "seats": self.actor.seats, "language": None, "time_zone": None, "digest": None,
            }  # fmt: skip
        return {
            "member": user.id, "token": None, "name": user.name, "email": user.email, "scopes": None,
            "seats": self.actor.seats, "language": user.language, "time_zone": user.time_zone, "digest": wish_of(user),
        }  # fmt: skip

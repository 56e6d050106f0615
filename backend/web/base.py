"""Who acts, for the pages."""

from typing import cast

from django.http import HttpRequest

from sharing.actors import Actor
from sharing.municipalities.models import Member
from sharing.municipalities.seats import actor_of_member


def actor_of(request: HttpRequest) -> Actor:
    """The logged-in member as an actor. For views behind `login_required`."""
    return actor_of_member(cast("Member", request.user))

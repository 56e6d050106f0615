"""A network for those who take part: what each gives and gets, in a picture and a table; and their answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from backend.api.errors import worded
from backend.web.base import actor_of
from sharing.actors import Actor
from sharing.errors import DomainError, NotThere
from sharing.matching.wording import amount
from sharing.networks import labels
from sharing.networks.actions import accept, declare, decline, leave
from sharing.networks.models import Network, Participant
from sharing.networks.picture import picture
from sharing.networks.rules import TALKING
from sharing.networks.story import quantity_of, story
from sharing.networks.terms import State


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def network(request: HttpRequest, network_id: UUID) -> HttpResponse:
    """Answering is for one of the reader's organisations, to the content that the page showed."""
    actor = actor_of(request)
    found = get_object_or_404(Network.objects.whole().visible_to(actor), id=network_id)
    if request.method == "POST":
        try:
            _answer(request, found, actor)
        except DomainError as refusal:
            return _refused(request, found, actor, worded(refusal))
        except OperationalError:
            return _refused(request, found, actor, _("Someone is changing this right now. Please try again."))
        still_in = Network.objects.visible_to(actor).filter(id=network_id).exists()
        return redirect("network", network_id=network_id) if still_in else redirect("home")
    return render(request, "network.html", _context(found, actor))


def _refused(request: HttpRequest, found: Network, actor: Actor, why: str) -> HttpResponse:
    fresh = Network.objects.whole().get(id=found.id)
    return render(request, "network.html", _context(fresh, actor, error=why), status=409)


def _answer(request: HttpRequest, found: Network, actor: Actor) -> None:
    seats = {str(seat.organisation_id): seat.organisation_id for seat in _open_seats(found, actor)}
    if (me := seats.get(request.POST.get("organisation", ""))) is None:
        raise NotThere("not_a_member", "This organisation does not take part in the network.")
    now = timezone.now()
    if request.POST.get("answer") == "accept":
        seen = request.POST.get("content_hash", "")
        accept(found.id, organisation_id=me, content_hash=seen, by=actor, now=now)
        messages.success(request, _("You have accepted. The others are told."))
    elif (reason := request.POST.get("reason", "")) in labels.REASON:
        decline(found.id, organisation_id=me, reason=reason, by=actor, now=now)
        messages.success(request, _("You have declined. The others are told."))
    elif request.POST.get("answer") == "declare":
        declare(found.id, organisation_id=me, by=actor, now=now)
        messages.success(request, _("The declaration is renewed."))
    elif request.POST.get("answer") == "leave":
        leave(found.id, organisation_id=me, by=actor, now=now)
        messages.success(request, _("You have given notice. The others are told."))


def _open_seats(found: Network, actor: Actor) -> list[Participant]:
    return [p for p in found.participants.all() if p.organisation_id in actor.organisation_ids and p.is_seated]


def _context(found: Network, actor: Actor, *, error: str = "") -> dict[str, Any]:
    own = list(actor.organisation_ids)
    return {
        "network": found,
        "heading": labels.KIND_HEADING[found.kind],  # type: ignore[index]  # a StrEnum's value
        "story": story(found, own, today=timezone.localdate()),
        "picture": picture(found, own),
        "legs": [(leg, quantity_of(leg)) for leg in found.legs.all()],
        "asks": [
            {"listing": share.listing, "quantity": amount(float(share.listing.quantity), share.listing.unit)}
            for share in found.shares.all()
            if share.listing.quantity is not None
        ],
        "running": _open_seats(found, actor) if found.state == State.ACTIVE else [],
        "seats": _open_seats(found, actor) if found.state in TALKING else [],
        "may_accept": found.state in (State.PROPOSED, State.UNDER_DISCUSSION),
        "reasons": labels.REASON.items(),
        "own": own,
        "error": error,
    }

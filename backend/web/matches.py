"""What waits for a coordinator: their matches, and one match with its reasons."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from backend.web.base import actor_of
from sharing.digests.mails import by_kind, group
from sharing.matching.actions import dismiss
from sharing.matching.models import Dismissal, Match
from sharing.matching.wording import sentences
from sharing.networks.models import Network

MOST = 50


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Networks by kind, then the best open matches, grouped as in the digest."""
    actor = actor_of(request)
    open_matches = Match.objects.visible_to(actor).not_dismissed_by(actor).filter(notify=True).with_listings()
    groups = group(list(open_matches.order_by("-score", "-id")[:MOST]), own=set(actor.organisation_ids))
    own = set(actor.organisation_ids)
    networks = Network.objects.visible_to(actor).open().filter(hint=False).whole().order_by("kind", "-id")
    return render(
        request,
        "home.html",
        {"groups": groups, "kinds": by_kind(list(networks[:MOST]), own=own, today=timezone.localdate())},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def match(request: HttpRequest, match_id: UUID) -> HttpResponse:
    """One match: both listings, why they fit, whom to ask, and the answer “not suitable because …”."""
    actor = actor_of(request)
    found = get_object_or_404(Match.objects.visible_to(actor).with_listings(), id=match_id)
    if request.method == "POST":
        if (reason := request.POST.get("reason", "")) in Dismissal.Reason.values:
            dismiss(found.id, reason=reason, comment="", by=actor, now=timezone.now())
            return redirect("home")
        return render(request, "match.html", _context(found, actor.organisation_ids, error=True), status=422)
    return render(request, "match.html", _context(found, actor.organisation_ids))


def _context(found: Match, own: Collection[UUID], *, error: bool = False) -> dict[str, Any]:
    return {
        "match": found,
        "sides": [found.request, found.offer],
        "own": own,
        "reasons": sentences(found.reasons),
        "answers": Dismissal.Reason.choices,
        "said": [d for d in found.dismissals.all() if d.organisation_id in own],
        "error": error,
    }

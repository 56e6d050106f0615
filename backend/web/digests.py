"""The link under each digest that ends them."""

from dataclasses import replace

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sharing.actors import Actor
from sharing.digests.actions import subscribe
from sharing.digests.links import member_of_link
from sharing.digests.models import wish_of
from sharing.digests.rules import Period
from sharing.municipalities.models import Member


@csrf_exempt  # RFC 8058: mail programs post without a session; the signature in the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET only shows a page, since mail scanners follow links; POST ends the digests at once."""
    if (member_id := member_of_link(token)) is None:
        raise Http404
    member = get_object_or_404(Member.objects.select_related("subscription"), id=member_id)
    if request.method == "POST":
        subscribe(member, replace(wish_of(member), period=Period.NEVER), by=Actor(member_id=member.id))
    return render(request, "unsubscribe.html", {"done": request.method == "POST"})

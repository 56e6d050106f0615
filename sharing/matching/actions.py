"""Finding and keeping matches, and taking a side's “not suitable”."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from sharing.actors import Actor, Role
from sharing.errors import NotThere
from sharing.events import Event, current_snapshot, emit
from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.matching.book import Settled, settle
from sharing.matching.circle import circle, worth_settling
from sharing.matching.engine.match import Knowledge
from sharing.matching.known import keep_vectors, knowledge
from sharing.matching.look import Looked, look, with_partners
from sharing.matching.models import Dismissal, Match
from sharing.matching.store import store


@transaction.atomic
def match_listings(listing_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """Match what changed against all that is on the market; what no longer fits is withdrawn. Safe to run again.

    What is stored afterwards is what a matching of everything would store, whatever came before (but see
    `Shelf.partners` for listings with thousands of them).
    """
    known, changed, seen = knowledge(), set(map(str, listing_ids)), current_snapshot()
    looked = look(changed, known)
    _one_at_a_time()
    if _overtaken(seen):
        known = knowledge()
        looked = look(changed, known)
    settled = _settled(looked, known, changed)
    if settled.again:
        # Who lost one of their best may have room for somebody who was not stored: they look at everybody once more.
        changed |= settled.again
        looked = look(changed, known)
        settled = _settled(looked, known, changed)
    keep_vectors()
    store(settled, with_partners(looked, settled.rows, changed, known), known, now=now)
    return len(settled.rows)


def _settled(looked: Looked, known: Knowledge, changed: Collection[str]) -> Settled:
    found = worth_settling(looked.rows, changed, known.weights)
    return settle(circle(found, changed), found, known.weights, changed=changed)


@transaction.atomic
def match_listings_of(organisation_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """An organisation has moved, merged or changed its administration: its listings are matched anew."""
    ids = Listing.objects.filter(owner__in=organisation_ids).order_by("id").values_list("id", flat=True)
    return match_listings(list(ids), now=now)


@transaction.atomic
def learn_from_answers(match_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """A side has said no: like pairs of the two organisations are weighed anew."""
    pairs = Match.objects.filter(id__in=match_ids).values_list("request__owner", "offer__owner", "request__category")
    owners = {owner for one, other, _ in pairs for owner in (one, other)}
    fields = {category for *_, category in pairs}
    asked = Listing.objects.live().filter(owner__in=owners, category__in=fields, direction=Direction.REQUEST)
    return match_listings(list(asked.order_by("id").values_list("id", flat=True)), now=now)


@transaction.atomic
def dismiss(match_id: UUID, *, reason: str, comment: str, by: Actor, now: datetime) -> list[Dismissal]:
    """Note that a match does not suit, for every side of it that the actor stands for; a second answer replaces it."""
    match = Match.objects.select_related("request", "offer").get(id=match_id)
    sides = {match.request.owner_id, match.offer.owner_id} & set(by.organisation_ids)
    if not sides:
        raise NotThere("not_yours", "This match is not about one of your listings.")
    values = {"reason": reason, "comment": comment, "dismissed_by_id": by.member_id, "dismissed_at": now}
    answers = []
    for side in sorted(sides):
        by.require(Role.EDITOR, side)
        answers.append(match.dismissals.update_or_create(organisation_id=side, defaults=values)[0])
    emit("match.dismissed", match.id, by=by, data={"reason": reason})
    return answers


# What a look depends on, by the first word of the events that tell of a change.
_TELLING = r"^(listing|organisation|concept)\.|^match\.dismissed$"


def _overtaken(seen: str) -> bool:
    """Whether something that matching looks at was committed since: then what was seen may be out of date."""
    ours = RawSQL("pg_current_xact_id()::text::bigint", [])
    return Event.objects.unseen_in(seen).filter(kind__regex=_TELLING).exclude(transaction_id=ours).exists()


def _one_at_a_time() -> None:
    """Those who store queue up, so that none overwrites a pair with what it read before the other's commit.

    Looking, which is most of the work, comes before and goes on side by side.
    """
    with connection.cursor() as cursor:
        # Waiting in this queue is no fault, however long the one before us takes.
        cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sharing.matching'))")
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")

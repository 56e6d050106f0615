"""From matches to mails: owe, gather, send, tick. Each step finds its work in rows, so each may run again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from sharing.actors import Actor
from sharing.digests.mails import Refused, TryLater, deliver
from sharing.digests.models import Digest, Notice, Subscription, wish_of
from sharing.digests.rules import MAX_TRIES, Wish, last_due, next_try
from sharing.events import Event, emit
from sharing.matching.models import Match
from sharing.municipalities.models import Member, Membership
from sharing.networks.models import Participant
from sharing.networks.runs import runs_waiting


@transaction.atomic
def owe_notices(match_ids: Sequence[UUID], *, now: datetime) -> int:
    """Owe everyone who acts for one of the two sides a notice of each new match. Returns how many were due."""
    matches = Match.objects.standing().filter(id__in=match_ids, notify=True)
    sides = list(matches.order_by("id").values_list("id", "request__owner", "offer__owner"))
    members = _members_of({owner for _, *owners in sides for owner in owners})
    notices = [
        Notice(member_id=member, match_id=match, owed_at=now)
        for match, *owners in sides
        for member in sorted({member for owner in owners for member in members[owner]})
    ]
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=2_000)
    return len(notices)


@transaction.atomic
def owe_network_notices(network_ids: Sequence[UUID], *, now: datetime) -> int:
    """Owe everyone who acts for a participant the news of each network. Who has declined or left hears no more."""
    there = Participant.objects.seated().filter(network__in=network_ids, network__hint=False)
    seats = list(there.values_list("network", "organisation"))
    members = _members_of({organisation for _, organisation in seats})
    owed = sorted({(member, network) for network, organisation in seats for member in members[organisation]})
    notices = [Notice(member_id=member, network_id=network, owed_at=now) for member, network in owed]
    Notice.objects.bulk_create(notices, ignore_conflicts=True, batch_size=2_000)
    return len(notices)


@transaction.atomic
def gather(*, now: datetime, at_once: bool = False) -> int:
    """Write a digest for every member whose day and hour has come since something was owed. Returns how many.

    `at_once` is the demo's impatience: now is everybody's hour, as soon as no event waits to be handled and no network
    to be proposed.
    """
    if at_once and (Event.objects.pending().exists() or runs_waiting()):
        return 0
    untold = Notice.objects.filter(digest=None)
    waiting = Member.objects.filter(is_active=True, notices__in=untold).distinct().select_related("subscription")
    return sum(_write(member, now=now, at_once=at_once) for member in waiting.order_by("id"))


def send(digest_id: UUID | str, *, now: datetime) -> bool:
    """Send one digest, once. A crash before the tick may repeat it, with the same Message-ID; none is lost."""
    with transaction.atomic():
        unsent = Digest.objects.to_send(now=now).select_for_update(of=("self",), skip_locked=True)
        digest = unsent.select_related("member").filter(id=digest_id).first()
        if digest is None:
            return False
        try:
            told = deliver(digest)
            digest.state, digest.sent_at = Digest.State.SENT if told else Digest.State.EMPTY, now
            # Withdrawn before it was told: should it come back, it is news.
            digest.notices.exclude(Q(match__in=told.matches) | Q(network__in=told.networks)).delete()
        except TryLater as answer:
            _note_failed_try(digest, answer, now=now)
        except Refused as answer:
            digest.state, digest.answer = Digest.State.REFUSED, str(answer)[:300]
        digest.save()
    return digest.state == Digest.State.SENT


@transaction.atomic
def subscribe(member: Member, wish: Wish, *, by: Actor) -> Subscription:
    """Change when a member wants the digest; the zone is part of the member's profile."""
    values = {"period": wish.period, "weekday": wish.weekday, "hour": wish.hour}
    subscription, _ = Subscription.objects.update_or_create(member=member, defaults=values)
    emit("digest.subscribed", member.id, by=by, data=values)
    return subscription


def _write(member: Member, *, now: datetime, at_once: bool) -> bool:
    due = now if at_once else last_due(wish_of(member), now)
    ready = Notice.objects.filter(member=member, digest=None, owed_at__lte=due) if due else Notice.objects.none()
    if due is None or not ready.exists():
        return False
    digest, is_new = Digest.objects.get_or_create(member=member, due_at=due, defaults={"next_try_at": now})
    if is_new:  # else this period has had its mail; what came late waits for the next one
        ready.update(digest=digest)
    return is_new


def _note_failed_try(digest: Digest, answer: Exception, *, now: datetime) -> None:
    digest.tries += 1
    digest.answer = str(answer)[:300]
    digest.next_try_at = next_try(digest.tries, now)
    if digest.tries >= MAX_TRIES:
        digest.state = Digest.State.REFUSED


def _members_of(organisation_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Who acts for each organisation: its own members, and those of the administration that acts for it."""
    ids = list(organisation_ids)
    served = Membership.objects.filter(member__is_active=True)
    own = served.filter(organisation__in=ids).values_list("organisation", "member")
    inherited = served.filter(organisation__administers__in=ids).values_list("organisation__administers", "member")
    members = defaultdict[UUID, list[UUID]](list)
    for organisation, member in [*own, *inherited]:
        members[organisation].append(member)
    return members

"""Finding and keeping matches, and taking a side's “not suitable”."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb

from sharing.actors import SYSTEM, Actor, Role
from sharing.errors import NotThere
from sharing.events import emit
from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.matching.engine.match import Suggestion, suggest
from sharing.matching.models import Dismissal, Match
from sharing.matching.snapshot import facts_of
from sharing.statistics import refresh_statistics

Pair = tuple[UUID, UUID]  # request, offer
STORED = ("score", "notify", "partial", "reasons", "withdrawn_at")
COLUMNS = ("id", "request_id", "offer_id", "found_at", *STORED)


@transaction.atomic
def match_listings(listing_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """Match what changed against all that is on the market; what no longer fits is withdrawn. Safe to run again."""
    _one_at_a_time()
    known = {(match.request_id, match.offer_id): match for match in Match.objects.touching(listing_ids)}
    found = {_pair(s): s for s in _suggestions(listing_ids, also=frozenset(known))}
    _withdraw([match for pair, match in known.items() if pair not in found and not match.withdrawn_at], now=now)
    _store(found, known, now=now)
    return len(found)


@transaction.atomic
def match_listings_of(organisation_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """An organisation has moved, merged or changed its administration: its listings are matched anew."""
    ids = Listing.objects.filter(owner__in=organisation_ids).order_by("id").values_list("id", flat=True)
    return match_listings(list(ids), now=now)


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


def _suggestions(listing_ids: Sequence[UUID], *, also: frozenset[Pair]) -> Iterator[Suggestion]:
    """The best of each changed listing, and every known pair that still holds."""
    kept = frozenset((str(request), str(offer)) for request, offer in also)
    changed = list(Listing.objects.live().for_matching().filter(id__in=listing_ids))
    asked = [listing for listing in changed if listing.direction == Direction.REQUEST]
    given = [listing for listing in changed if listing.direction == Direction.OFFER]
    live = Listing.objects.live().for_matching()
    offers = live.filter(direction=Direction.OFFER).in_reach_of(asked)
    others = live.filter(direction=Direction.REQUEST).in_reach_of(given).exclude(id__in=listing_ids)
    best_for = frozenset(str(listing.id) for listing in changed)
    return chain(
        suggest(facts_of(asked), facts_of(offers), best_for=best_for, also=kept),
        suggest(facts_of(others), facts_of(given), best_for=best_for, also=kept),
    )


def _withdraw(gone: Sequence[Match], *, now: datetime) -> None:
    Match.objects.filter(id__in=[match.id for match in gone]).update(withdrawn_at=now)
    emit("match.withdrawn", *(match.id for match in gone), by=SYSTEM)


def _store(found: dict[Pair, Suggestion], known: dict[Pair, Match], *, now: datetime) -> None:
    """Insert what is new, update what changed, and tell of what has become worth a notice."""
    news = []
    rows, changed = [], []
    for pair, suggestion in sorted(found.items()):
        values = _values(suggestion)
        match = known.get(pair)
        if match is None:
            match = Match(request_id=pair[0], offer_id=pair[1], found_at=now, **values)
            rows.append(match)
            news += [match.id] if match.notify else []
        elif any(getattr(match, name) != value for name, value in values.items()):
            news += [match.id] if suggestion.notify and (match.withdrawn_at or not match.notify) else []
            for name, value in values.items():
                setattr(match, name, value)
            changed.append(match)
    _insert(rows)
    refresh_statistics(len(rows), Match)
    Match.objects.bulk_update(changed, STORED, batch_size=1_000)
    emit("match.suggested", *news, by=SYSTEM)


def _insert(matches: Sequence[Match]) -> None:
    """By COPY: an import finds a hundred thousand pairs, and bulk_create takes five times as long for each."""
    if not matches:
        return
    statement = f"COPY sharing_match ({', '.join(COLUMNS)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for match in matches:
            copy.write_row([Jsonb(match.reasons) if name == "reasons" else getattr(match, name) for name in COLUMNS])


def _values(suggestion: Suggestion) -> dict[str, object]:
    return {
        "score": suggestion.score,
        "notify": suggestion.notify,
        "partial": suggestion.partial,
        "reasons": list(suggestion.reasons),
        "withdrawn_at": None,
    }


def _pair(suggestion: Suggestion) -> Pair:
    return UUID(suggestion.request), UUID(suggestion.offer)


def _one_at_a_time() -> None:
    """Matchers queue up, so that none overwrites a pair with what it read before the other's commit."""
    with connection.cursor() as cursor:
        # Waiting in this queue is no fault, however long the one before us takes.
        cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('sharing.matching'))")
        cursor.execute("SET LOCAL statement_timeout TO DEFAULT")

"""Writing down what a matching came to: new pairs, changed ones, withdrawn ones, and the news of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection
from psycopg.types.json import Jsonb

from sharing.actors import SYSTEM
from sharing.events import emit
from sharing.matching.book import Settled
from sharing.matching.engine.gates import distances
from sharing.matching.engine.match import Knowledge, Market, Pairs, Suggestion, explained
from sharing.matching.models import Match
from sharing.statistics import refresh_statistics

Pair = tuple[str, str]
STORED = ("own", "score", "suggested", "notify", "partial", "reasons", "withdrawn_at")
COLUMNS = ("id", "request_id", "offer_id", "found_at", *STORED)


def store(settled: Settled, market: Market, known: Knowledge, *, now: datetime) -> None:
    """Bring the table in line for all touched listings."""
    there = {(str(m.request_id), str(m.offer_id)): m for m in Match.objects.touching(settled.touched)}
    explanations = _explained(settled, market, known)
    kept = {
        row.pair: _values(row.own, chance, shown, known)
        for (row, chance), shown in zip(_chances(settled), settled.shown.tolist(), strict=True)
    }
    for pair, suggestion in explanations.items():
        kept[pair] |= {"partial": suggestion.partial, "reasons": list(suggestion.reasons)}
    _withdraw([match for pair, match in there.items() if pair not in kept and not match.withdrawn_at], now=now)
    _write(kept, there, now=now)


def _chances(settled: Settled) -> Sequence[tuple[Any, float]]:
    return list(zip(settled.rows, settled.chances.tolist(), strict=True))


def _values(own: float, chance: float, shown: bool, known: Knowledge) -> dict[str, object]:
    return {
        "own": own,
        "score": chance,
        "suggested": shown,
        "notify": shown and chance >= known.weights.notify,
        "withdrawn_at": None,
    }


def _explained(settled: Settled, market: Market, known: Knowledge) -> dict[Pair, Suggestion]:
    """Reasons of the pairs that were looked at now; those of the others stand as they are, since neither changed."""
    requests = {fact.id: place for place, fact in enumerate(market.requests.facts)}
    offers = {fact.id: place for place, fact in enumerate(market.offers.facts)}
    rows = [(row, c) for row, c in _chances(settled) if row.request in requests and row.offer in offers]
    r = np.array([requests[row.request] for row, _ in rows], np.intp)
    o = np.array([offers[row.offer] for row, _ in rows], np.intp)
    km = distances(market.requests, market.offers, r, o)
    pairs = Pairs(r, o, km, np.array([row.own for row, _ in rows], float))
    found = explained(market, pairs, np.array([chance for _, chance in rows], float), known)
    return {(suggestion.request, suggestion.offer): suggestion for suggestion in found}


def _withdraw(gone: Sequence[Match], *, now: datetime) -> None:
    Match.objects.filter(id__in=[match.id for match in gone]).update(withdrawn_at=now)
    emit("match.withdrawn", *(match.id for match in gone if match.suggested), by=SYSTEM)


def _write(kept: Mapping[Pair, dict[str, Any]], there: Mapping[Pair, Match], *, now: datetime) -> None:
    """Insert what is new, update what changed, and tell of what has become worth a notice."""
    news, rows, changed = [], [], []
    for pair, values in sorted(kept.items()):
        match = there.get(pair)
        if match is None:
            match = Match(request_id=UUID(pair[0]), offer_id=UUID(pair[1]), found_at=now, **values)
            rows.append(match)
            news += [match.id] if match.notify else []
        elif any(getattr(match, name) != value for name, value in values.items()):
            news += [match.id] if values["notify"] and (match.withdrawn_at or not match.notify) else []
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

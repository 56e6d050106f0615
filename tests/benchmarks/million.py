"""One publish on a market of a million live listings: from its commit until its matches are stored."""

import csv
import os
import resource
import statistics
from pathlib import Path
from random import Random
from time import perf_counter

from tests.benchmarks.market import Result, site
from tests.benchmarks.scale import SHARED, municipalities

LIVE = int(os.environ.get("LIVE", "1_000_000"))
TEXTS, MEASURED, EDITED = 5_000, 40, 40
TERMS = SHARED / "data/cpv/cpv_2008_de_en_fr.csv"
PLACE = (50.55, 8.40)  # where the publishing town lies
AROUND = 0.75  # degrees of latitude: all that could be in reach of a town there is given its best twenty


def run() -> list[Result]:
    os.environ["SHELF_FOLDER"] = ""
    with site() as folder:
        from django.conf import settings

        settings.SHELF_FOLDER = str(folder / "shelves")
        populate()
        return [*on_file(folder), *publishing(), *edited()]


def on_file(folder: Path) -> list[Result]:
    from sharing.matching import shelves

    first, again = (_timed(shelves.build) for _ in range(2))
    size = sum(file.stat().st_size for file in (folder / "shelves").rglob("*") if file.is_file()) / 2
    return [
        Result(f"files of {LIVE:,} listings out of the rows, {TEXTS:,} texts", first, "s"),
        Result("the same again: nothing is read twice", again, "s"),
        Result("their size", size / 1e9, "GB"),
    ]


def publishing() -> list[Result]:
    """With a standing market: each listing that could be met has the twenty best that it would have."""
    times = {remote: sorted(_publish(remote=remote) for _ in range(MEASURED)) for remote in (False, True)}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return [
        Result("publish to stored, on site within 50 km, p50", statistics.median(times[False]), "s", 1),
        Result("the same, p95", times[False][MEASURED * 95 // 100], "s"),
        Result("publish to stored, remote and without a limit, p50", statistics.median(times[True]), "s", 1),
        Result("most memory of this process, files included", memory, "GB", 2),
    ]


def edited() -> list[Result]:
    """After edits the files and the rows together must say what the rows alone say."""
    from django.conf import settings

    from sharing.actors import SYSTEM
    from sharing.listings import actions
    from sharing.matching.known import knowledge
    from sharing.matching.look import look
    from sharing.models import Listing

    random, differing = Random(5), 0
    near = list(
        Listing.objects.live().filter(radius_km__isnull=False, owner__latitude__range=_belt()).order_by("id")[:EDITED]
    )
    for listing in near[: EDITED // 2]:
        random.choice([actions.pause, actions.withdraw])(listing.id, by=SYSTEM)
    for listing in near[EDITED // 2 :]:
        there, settings.SHELF_FOLDER = settings.SHELF_FOLDER, ""
        rows = set(look({str(listing.id)}, knowledge()).rows)
        settings.SHELF_FOLDER = there
        differing += set(look({str(listing.id)}, knowledge()).rows) != rows
    return [Result(f"of {EDITED // 2} listings after edits, differ from what the rows alone say", differing, "", 0)]


def _publish(*, remote: bool) -> float:
    from django.utils import timezone

    from sharing.matching.actions import match_listings
    from tests import factories

    changes = {"mode": "remote", "radius_km": None} if remote else {"radius_km": 50}
    listing = factories.published(factories.SWEEPING, owner=_town(), **changes)
    return _timed(lambda: match_listings([listing.id], now=timezone.now()))


def _town():
    from sharing.models import Organisation

    latitude, longitude = PLACE
    return Organisation.objects.create(
        name="Neuort", state="HE", latitude=latitude, longitude=longitude, population=9_000
    )


def populate() -> None:
    """Towns of the register and their listings; stored matches of those around `PLACE` and of those without a limit."""
    from django.db import connection

    from sharing.models import Organisation

    towns = [
        Organisation(
            name=f"Ort {n}", state=str(state), district=str(n % 400), latitude=a, longitude=b, population=5_000
        )
        for n, (a, b, state) in enumerate(zip(*municipalities(), strict=True))
    ]
    Organisation.objects.bulk_create(towns, batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("CREATE TEMP TABLE said (n int, category text, title text, body text)")
        texts = _texts(Random(7))
        cursor.executemany("INSERT INTO said VALUES (%s, %s, %s, %s)", [(n, *some) for n, some in enumerate(texts)])
        cursor.execute("CREATE TEMP TABLE town AS SELECT id, row_number() OVER () AS n FROM sharing_organisation")
        cursor.execute(_LISTINGS, {"live": LIVE, "texts": len(texts), "towns": len(towns)})
        cursor.execute("ANALYZE sharing_listing")
        south, north = _belt()
        cursor.execute(_STANDING, {"south": south, "north": north, "place": PLACE[1]})
        cursor.execute("ANALYZE sharing_match")


def _texts(random: Random) -> list[tuple[str, str, str]]:
    """Category, title, description: real terms of procurement; made-up ones where the list is not at hand."""
    from tests.benchmarks.regions import CATEGORIES, text

    if not TERMS.is_file():
        return [text(random)[:3] for _ in range(TEXTS)]
    with TERMS.open(encoding="utf-8", newline="") as file:
        rows = random.sample(list(csv.DictReader(file)), TEXTS)
    categories = [CATEGORIES[int(row["CODE"][:2]) % len(CATEGORIES)] for row in rows]
    details = "Nach Absprache, mit Einweisung."
    return [(code, row["DE"][:120], f"{row['DE']}. {details}") for code, row in zip(categories, rows, strict=True)]


def _belt() -> tuple[float, float]:
    return PLACE[0] - AROUND, PLACE[0] + AROUND


_LISTINGS = """
    INSERT INTO sharing_listing (id, owner_id, state, direction, resource, category_id, title, description, language,
        keywords, quantity, unit, starts_on, ends_on, mode, radius_km, considerations, benefit, partner_kinds,
        visibility, contact, version, created_at, updated_at, published_at)
    SELECT gen_random_uuid(), town.id, 'published', (ARRAY['offer', 'request'])[1 + mod(drawn.n, 2)],
        (ARRAY['equipment', 'expertise'])[1 + floor(random() * 2)::int], category, title, body, 'de', '{}',
        2 + (random() * 38)::int, 'hours_per_week', day, day + 60 + (random() * 240)::int,
        CASE WHEN how < 0.25 THEN 'remote' WHEN how < 0.4 THEN 'hybrid' ELSE 'on_site' END,
        CASE WHEN how < 0.25 THEN NULL ELSE 10 + (random() * 90)::int END, '{fee}', '', '{}', 'all', '', 1,
        now(), now(), now()
    FROM (SELECT n, random() AS how, date '2031-01-01' + (random() * 365)::int AS day,
            (random() * (%(texts)s - 1))::int AS said, 1 + (random() * (%(towns)s - 1))::int AS lives
          FROM generate_series(1, %(live)s) AS n) AS drawn
    JOIN said ON said.n = said JOIN town ON town.n = lives
"""
_STANDING = """
    INSERT INTO sharing_match (id, request_id, offer_id, own, score, suggested, notify, partial, reasons, found_at)
    SELECT DISTINCT ON (request_id, offer_id) gen_random_uuid(), request_id, offer_id, -3 * random(), 0.05, true, false,
        false, '[]'::jsonb, now()
    FROM (
        SELECT CASE WHEN mine.direction = 'request' THEN mine.id ELSE other.id END AS request_id,
            CASE WHEN mine.direction = 'request' THEN other.id ELSE mine.id END AS offer_id
        FROM sharing_listing mine JOIN sharing_organisation ON sharing_organisation.id = mine.owner_id
        CROSS JOIN LATERAL (
            SELECT id FROM sharing_listing WHERE direction <> mine.direction AND id >= md5(mine.id::text)::uuid
            ORDER BY id LIMIT 20
        ) AS other
        WHERE mine.direction = 'offer' AND (mine.radius_km IS NULL
            OR (latitude BETWEEN %(south)s AND %(north)s AND longitude BETWEEN %(place)s - 1.2 AND %(place)s + 1.2))
    ) AS drawn
"""


def _timed(act) -> float:
    start = perf_counter()
    act()
    return perf_counter() - start

"""The market as files of this machine: a matcher reads of a million listings only those that could fit."""

import fcntl
import hashlib
import json
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path

import numpy as np
import structlog
from django.conf import settings
from django.db import connection, transaction

from sharing.events import Event, current_snapshot
from sharing.listings.models import Listing
from sharing.listings.terms import Direction
from sharing.matching import known
from sharing.matching.engine.columns import Columns
from sharing.matching.engine.facts import Codes, Fact, Side, side_of
from sharing.matching.engine.index import Integers
from sharing.matching.engine.match import Knowledge
from sharing.matching.engine.pages import Pages, pages_of
from sharing.matching.engine.reading import Reading
from sharing.matching.engine.shelf import Shelf, write
from sharing.matching.facts import facts_of

# A small market needs no files. Where there are some, what has changed since is read from rows, up to these many.
NEWER, NEWER_SHARE = 5_000, 0.02
CHUNK = 2_000

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """The market as one transaction saw it. What has changed since is `outdated`."""

    seen: str  # the snapshot of that transaction, as PostgreSQL writes it down
    stamp: str  # of the model and the thesaurus
    codes: Codes
    requests: Shelf
    offers: Shelf

    @classmethod
    def load(cls, folder: Path) -> "Shelves":
        about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
        sides = {f"{name}s": Shelf.load(folder / name) for name in Direction}
        return cls(about["seen"], about["stamp"], Codes(about["words"]), **sides)

    def is_past(self) -> bool:
        """Not after a restore, when numbers of transactions begin anew: then nothing would count as newer."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_snapshot_xmax(%s::pg_snapshot) <= pg_snapshot_xmax(pg_current_snapshot())", [self.seen]
            )
            return bool(cursor.fetchone()[0])

    def outdated(self) -> frozenset[str]:
        """Listings that something was told of since, or of whose owner: what the files say of them may be wrong."""
        told = Event.objects.unseen_in(self.seen).values("subject_id")
        of_owners = Listing.objects.filter(owner__in=told.filter(kind__startswith="organisation."))
        ids = told.filter(kind__startswith="listing.").values_list("subject_id").union(of_owners.values_list("id"))
        return frozenset(str(id_) for (id_,) in ids)

    def readings(self, ids: Collection[str]) -> dict[str, Reading]:
        """Of those that are here."""
        return self.requests.readings(ids) | self.offers.readings(ids)


def shelves() -> Shelves | None:
    """Those of this machine; None where there are none, or none for this program, database, model and thesaurus."""
    try:
        found = _loaded(_home() / (_home() / "current").read_text().strip())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError) as fault:
        logger.warning("shelves_unreadable", folder=str(_home()), fault=str(fault))
        return None
    return found if found.stamp == known.stamp() and found.is_past() else None


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> Shelves:
    return Shelves.load(folder)


def _home() -> Path:
    return Path(settings.SHELF_FOLDER) / "market"


def due() -> bool:
    """Is there so much that the files do not know that it is time for new ones?"""
    there = shelves()
    if there is None:
        return Listing.objects.live().count() > NEWER
    return len(there.outdated()) > NEWER + NEWER_SHARE * (len(there.requests) + len(there.offers))


def build() -> bool:
    """Write down the market as it is now; False where another process of this machine is at it.

    Readings of listings that have not changed are taken from the old files. Who is killed leaves the old ones in force.
    """
    home = _home()
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home) as mine:
        if mine:
            _tidy(home)
            folder = Path(tempfile.mkdtemp(dir=home))
            _write(folder)
            (home / "next").write_text(folder.name)
            (home / "next").replace(home / "current")
        return mine


def _tidy(home: Path) -> None:
    """What a killed writer left, and the files before the current ones; whoever has mapped them keeps them."""
    current = (home / "current").read_text().strip() if (home / "current").exists() else ""
    for old in home.iterdir():
        if old.is_dir() and old.name != current:
            shutil.rmtree(old)


@contextmanager
def _alone(home: Path) -> Iterator[bool]:
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _write(folder: Path) -> None:
    """Twice over the rows, in one snapshot: first the facts, which give the order, then the texts in that order."""
    codes = Codes()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # between two queries it reads texts
        about = {"seen": current_snapshot(), "stamp": known.stamp()}
        knowledge, old = known.knowledge(), shelves()
        for direction in Direction:
            side, names = _columns(direction, codes)
            before = getattr(old, f"{direction}s", None)
            write(folder / direction, side, names, partial(_read, names, knowledge, before))
    (folder / "about.json").write_text(json.dumps(about | {"words": codes.words()}), encoding="utf-8")


def _columns(direction: Direction, codes: Codes) -> tuple[Side, Columns]:
    """The facts of one direction, without the texts, by id."""
    live = Listing.objects.live().for_matching().filter(direction=direction).iterator(chunk_size=CHUNK)
    sides, names = [side_of([], codes)], [_names([])]
    while facts := facts_of(islice(live, CHUNK)):
        sides.append(replace(side_of(facts, codes), facts=()))
        names.append(_names(facts))
    return Side.join(sides), {name: np.concatenate([some[name] for some in names]) for name in names[0]}


def _names(facts: Sequence[Fact]) -> Columns:
    return {
        "ids": np.array([fact.id for fact in facts], "S36"),
        "owners": np.array([fact.owner.id for fact in facts], "S36"),
        "keys": np.array([_digest(fact) for fact in facts], "S32"),
    }


def _read(names: Columns, knowledge: Knowledge, old: Shelf | None, places: Integers) -> Pages:
    """What the old files have read in the same words is not read again."""
    ids = names["ids"][places]
    known_ids = ids[old.holds(ids, names["keys"][places])].astype(str) if old else ()
    readings = old.readings(known_ids) if old else {}
    wanted = ids.astype(str).tolist()
    rows = Listing.objects.for_matching().filter(id__in=[id_ for id_ in wanted if id_ not in readings])
    readings |= known.read(facts_of(rows), knowledge)
    return pages_of([readings[id_] for id_ in wanted], len(knowledge.concepts))


def _digest(fact: Fact) -> str:
    return hashlib.blake2b(repr(known.key(fact)).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()

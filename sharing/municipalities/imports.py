"""Bringing the official register into the directory: again and again, without doubles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from sharing.actors import Actor
from sharing.errors import NotAllowed, RuleBroken, say
from sharing.events import emit
from sharing.municipalities.models import OfficialKey, Organisation
from sharing.municipalities.register_entries import Entry, Refusal, Register
from sharing.municipalities.terms import KeyScheme, Level
from sharing.statistics import refresh_statistics

BATCH = 2_000
FACTS = ("level", "designation", "name", "state", "district", "population", "latitude", "longitude")
Key = tuple[str, str]  # scheme, value
Progress = Callable[[str, int, int], object]  # what, how many done, of how many

_GERMAN = Q(scheme__in=[KeyScheme.AGS, KeyScheme.ARS]) | Q(scheme=KeyScheme.LAU, value__startswith="DE_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did. `elsewhere`: known keys that this file does not hold; they stay, the file may be a part."""

    registered: int
    changed: int
    same: int
    keys_added: int
    keys_ended: int
    elsewhere: int
    refusals: tuple[Refusal, ...]


@dataclass(slots=True)
class _Row:
    """An entry with the organisation it is about, known or new, and the keys that one does not have yet."""

    entry: Entry
    organisation: Organisation
    known: bool
    keys: list[OfficialKey]
    changed: bool = False


@dataclass(slots=True)
class _Keys:
    """All German keys there are: who holds which now, and until when others were valid."""

    holders: dict[Key, UUID] = field(default_factory=dict)
    ended: dict[Key, date] = field(default_factory=dict)
    of_length: dict[tuple[UUID, str, int], OfficialKey] = field(default_factory=dict)

    @classmethod
    def load(cls) -> "_Keys":
        keys = cls()
        for key in OfficialKey.objects.filter(_GERMAN).order_by("id"):
            if key.valid_until is None:
                keys.holders[key.scheme, key.value] = key.organisation_id
                keys.of_length[key.organisation_id, key.scheme, len(key.value)] = key
            else:
                last = keys.ended.get((key.scheme, key.value), key.valid_until)
                keys.ended[key.scheme, key.value] = max(last, key.valid_until)
        return keys

    def check_free(self, entry: Entry, valid_from: date | None) -> None:
        """Raise `RuleBroken` where a new key would overlap the time in which another organisation held it."""
        for scheme, value in entry.keys:
            day = self.ended.get((scheme, value))
            if (scheme, value) not in self.holders and day and (valid_from is None or valid_from <= day):
                message = say("The key %(key)s was valid until %(day)s. Name a later day from which it holds again.")
                raise RuleBroken("key_ended", message, key=value, day=day)


@transaction.atomic
def import_register(
    register: Register, *, valid_from: date | None, by: Actor, progress: Progress = lambda *_: None
) -> Report:
    """Insert or update the counties, associations and municipalities of a register; one transaction, so in or out.

    `valid_from` is the first day of new keys. With it, a key that the same organisation had in the place of a new
    one (an ARS after a move to another association) ends the day before, and names its successor. What the register
    does not know (mailbox, departments, members) stays. Raises `NotAllowed` to anyone but the house.
    """
    if not by.is_system:
        raise NotAllowed("house_only", "Only operators may import the register.")
    _one_at_a_time()
    keys = _Keys.load()
    rows, refusals = _rows(register.entries, keys, valid_from)
    _take_over(rows)
    new = [row.organisation for row in rows if not row.known]
    changed = [row.organisation for row in rows if row.known and (row.changed or row.keys)]
    _store([*new, *changed], progress)
    ended = _add_keys([key for row in rows for key in row.keys], keys, valid_from, progress)
    refresh_statistics(len(new), Organisation, OfficialKey)
    emit("organisation.registered", *(organisation.id for organisation in new), by=by)
    emit("organisation.changed", *(organisation.id for organisation in changed), by=by)
    held = {key for entry in register.entries for key in entry.keys}
    return Report(
        registered=len(new),
        changed=len(changed),
        same=len(rows) - len(new) - len(changed),
        keys_added=sum(len(row.keys) for row in rows),
        keys_ended=ended,
        elsewhere=len(keys.holders.keys() - held) - ended,
        refusals=tuple(refusals),
    )


def _one_at_a_time() -> None:
    """A second import waits for the first to commit; otherwise both would register the same municipalities."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('import_register'))")


# --- who is who


def _rows(entries: Iterable[Entry], keys: _Keys, valid_from: date | None) -> tuple[list[_Row], list[Refusal]]:
    """Entries with the organisations that hold their keys, and the entries whose keys contradict each other."""
    holders: dict[UUID, Entry] = {}
    pairs: list[tuple[Entry, UUID | None]] = []
    refusals: list[Refusal] = []
    for entry in entries:
        try:
            holder = _holder(entry, keys, taken=holders)
            keys.check_free(entry, valid_from)
        except RuleBroken as problem:
            refusals.append(Refusal(entry.line, "", "", problem.code, problem.message, problem.params))
            continue
        pairs.append((entry, holder))
        if holder:
            holders[holder] = entry
    known = Organisation.objects.in_bulk(holders)
    return [_row(entry, known[holder] if holder else None, keys, valid_from) for entry, holder in pairs], refusals


def _holder(entry: Entry, keys: _Keys, *, taken: Mapping[UUID, Entry]) -> UUID | None:
    """Who holds the keys of an entry. Raises `RuleBroken` where these are several, or one is already another entry."""
    found = {keys.holders[key] for key in entry.keys if key in keys.holders}
    if len(found) > 1:
        raise RuleBroken("several_holders", "Several organisations hold the keys of this row; merge them first.")
    holder = next(iter(found), None)
    if holder and holder in taken:
        message = say("The organisation with these keys also holds those of line %(line)s; separate them first.")
        raise RuleBroken("one_for_two", message, line=taken[holder].line)
    return holder


def _row(entry: Entry, organisation: Organisation | None, keys: _Keys, valid_from: date | None) -> _Row:
    holder = organisation or Organisation()
    missing = [(scheme, value) for scheme, value in entry.keys if (scheme, value) not in keys.holders]
    new = [OfficialKey(organisation=holder, scheme=s, value=v, valid_from=valid_from) for s, v in missing]
    return _Row(entry, holder, organisation is not None, new)


# --- what the register says


def _take_over(rows: Sequence[_Row]) -> None:
    """Set on each organisation what its entry says, and note where that changed anything."""
    by_ars = {row.entry.ars: row.organisation.id for row in rows}
    associations = set(Organisation.objects.filter(level=Level.MUNICIPAL_ASSOCIATION).values_list("id", flat=True))
    for row in rows:
        facts = {name: value for name in FACTS if (value := getattr(row.entry, name)) is not None}
        facts["administered_by_id"] = _administrator(row, by_ars, associations)
        for name, value in facts.items():
            row.changed |= getattr(row.organisation, name) != value
            setattr(row.organisation, name, value)


def _administrator(row: _Row, by_ars: Mapping[str, UUID], associations: set[UUID]) -> UUID | None:
    """Who administers it by the register; what operators set themselves stays where the register names nobody."""
    now, key = row.organisation.administered_by_id, row.entry.administration
    if key == row.entry.ars:
        return None if now in associations else now  # it has left its association
    return by_ars.get(key, now) if key else now


# --- storing


def _store(organisations: Sequence[Organisation], progress: Progress) -> None:
    """Insert the new, update the known. An upsert is what makes 11,000 updates take a second and not a minute."""
    for start in range(0, len(organisations), BATCH):
        Organisation.objects.bulk_create(
            organisations[start : start + BATCH],
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*FACTS, "administered_by", "updated_at"],
        )
        progress("organisations", min(start + BATCH, len(organisations)), len(organisations))


def _add_keys(new: Sequence[OfficialKey], keys: _Keys, valid_from: date | None, progress: Progress) -> int:
    """Insert keys and end those whose place they take. Returns how many ended."""
    for start in range(0, len(new), BATCH):
        OfficialKey.objects.bulk_create(new[start : start + BATCH])
        progress("keys", min(start + BATCH, len(new)), len(new))
    ended = []
    for key in new:
        old = keys.of_length.get((key.organisation_id, key.scheme, len(key.value)))
        if old and valid_from and (old.valid_from is None or old.valid_from < valid_from):
            old.valid_until, old.successor = valid_from - timedelta(days=1), key
            ended.append(old)
    OfficialKey.objects.bulk_update(ended, ["valid_until", "successor"], batch_size=BATCH)
    return len(ended)

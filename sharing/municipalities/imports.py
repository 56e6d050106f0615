"""Bringing the official register into the directory: again and again, without doubles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from sharing.actors import Actor
from sharing.errors import NotAllowed
from sharing.events import emit
from sharing.municipalities.models import OfficialKey, Organisation
from sharing.municipalities.register_entries import Entry, Refusal, Register
from sharing.municipalities.terms import KeyScheme, Level

BATCH = 2_000
PLACE = ("level", "designation", "name", "state", "district", "population", "latitude", "longitude")
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


@transaction.atomic
def import_register(
    register: Register, *, valid_from: date | None, by: Actor, progress: Progress = lambda *_: None
) -> Report:
    """Insert or update the register's counties, associations and municipalities; one transaction, so in or out.

    `valid_from` is the first day of new keys; with it, an ARS that the same municipality had before ends the day
    before. What the register does not know (mailbox, departments, members) stays. Raises `NotAllowed` to people.
    """
    if not by.is_system:
        raise NotAllowed("house_only", "Only operators may import the register.")
    _one_at_a_time()
    keys = _Keys()
    accepted, refusals = _accepted(register.entries, keys, valid_from)
    found = Organisation.objects.in_bulk({holder for _, holder in accepted if holder})
    organisations = {entry.ars: found[holder] if holder else Organisation() for entry, holder in accepted}
    new = [organisations[entry.ars] for entry, holder in accepted if not holder]
    missing = [key for entry, _ in accepted for key in _missing_keys(entry, organisations[entry.ars], keys, valid_from)]
    with_keys = {key.organisation_id for key in missing}
    associations = set(Organisation.objects.filter(level=Level.MUNICIPAL_ASSOCIATION).values_list("id", flat=True))
    moved = [_takes_over(organisations[entry.ars], entry, organisations, associations) for entry, _ in accepted]
    changed = [
        organisations[entry.ars]
        for (entry, holder), differs in zip(accepted, moved, strict=True)
        if holder and (differs or holder in with_keys)
    ]
    _store([*new, *changed], progress)
    ended = _end_replaced(missing, keys, valid_from)
    _add_keys(missing, progress)
    emit("organisation.registered", *(organisation.id for organisation in new), by=by)
    emit("organisation.changed", *(organisation.id for organisation in changed), by=by)
    held = {key for entry in register.entries for key in entry.keys}
    return Report(
        registered=len(new),
        changed=len(changed),
        same=len(accepted) - len(new) - len(changed),
        keys_added=len(missing),
        keys_ended=ended,
        elsewhere=len(keys.holders.keys() - held),
        refusals=tuple(refusals),
    )

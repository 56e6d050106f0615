"""The demo's inhabitants: Elverland with its listings, coordinators, and a token for its API. Needs Django set up."""

import csv
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from sharing.actors import SYSTEM, Role
from sharing.digests.models import Digest, Notice
from sharing.events import Event
from sharing.listings.models import Listing
from sharing.matching.models import Match
from sharing.municipalities import actions, tokens
from sharing.municipalities.models import Department, Member, Organisation
from sharing.networks.models import Network
from sharing.networks.runs import runs_waiting
from sharing.regions.actions import import_bundle
from sharing.regions.bundle import read_bundle

FOLDER = Path(__file__).parent / "elverland"
PASSWORD = "allmende-demo"  # noqa: S105  (printed at every start; the demo listens on this computer only)
OPERATOR = "betrieb@allmende.example"


@dataclass(frozen=True, slots=True)
class Count:
    """Where the demo stands."""

    listings: int
    events: int
    planned: int
    pairs: int
    networks: int
    owed: int
    sent: int
    refused: int

    @property
    def missing(self) -> str:
        """What has not happened yet, in words; empty when all has."""
        if self.events:
            return f"{self.events} events wait for the worker"
        if self.planned:
            return "networks are being put together"
        if self.owed:
            return f"{self.owed} digests are not sent"
        return "" if self.sent else "no digest has been written"

    def __str__(self) -> str:
        found = f"{self.listings} listings, {self.pairs} pairs worth a notice, {self.networks} networks proposed"
        refused = f", {self.refused} refused by its mailbox" if self.refused else ""
        return f"{found}, {self.sent} digests sent{refused}"


def count() -> Count | None:
    """Where the demo stands; None while the database is away, since somebody may have killed it to see what happens."""
    try:
        return _count()
    except (OperationalError, InterfaceError):
        connection.close()
        return None


def _count() -> Count:
    states = Digest.State
    untold = Notice.objects.filter(digest=None).values("member").distinct().count()
    return Count(
        listings=Listing.objects.live().count(),
        events=Event.objects.pending().count(),
        planned=runs_waiting(),
        pairs=Match.objects.standing().filter(notify=True).count(),
        networks=Network.objects.open().filter(hint=False).count(),
        owed=untold + Digest.objects.filter(state=states.WRITTEN).count(),
        sent=Digest.objects.filter(state=states.SENT).count(),
        refused=Digest.objects.filter(state=states.REFUSED).count(),
    )


@transaction.atomic
def move_in(token_file: Path) -> str:
    """Import the region and settle its people, so that the first match finds its readers. Returns the API token."""
    now = timezone.now()
    import_bundle(read_bundle(FOLDER, today=timezone.localdate()), by=SYSTEM, now=now)
    password = make_password(PASSWORD)  # once: a hash costs a quarter of a second by design
    for row in _coordinators():
        _settle(row, password)
    if not Member.objects.filter(email=OPERATOR).exists():
        Member.objects.create(email=OPERATOR, name="Betrieb", is_staff=True, is_superuser=True, password=password)
    return _token(token_file)


def logins() -> list[tuple[str, str]]:
    """Whom to log in as: the first manager of each language, and the operator."""
    managers = {row["language"]: row for row in reversed(_coordinators()) if row["role"] == "manager"}
    people = [(row["mailbox"], f"{row['name']} ({language})") for language, row in sorted(managers.items())]
    return [*people, (OPERATOR, "operators' pages at /operators/")]


def _coordinators() -> list[dict[str, str]]:
    with (FOLDER / "coordinators.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _settle(row: dict[str, str], password: str) -> None:
    organisation = Organisation.objects.with_key(row["municipality"]).get()
    values = {"name": row["name"], "language": row["language"], "password": password}
    member, is_new = Member.objects.get_or_create(email=row["mailbox"], defaults=values)
    if not is_new:
        return
    actions.join(member, organisation, role=Role[row["role"].upper()], by=SYSTEM)
    if row["role"] == "manager" and not organisation.mailbox:
        organisation.mailbox = row["mailbox"]
        organisation.save(update_fields=["mailbox"])
    if row["department"]:
        department, _ = Department.objects.get_or_create(organisation=organisation, name=row["department"])
        department.mailbox = department.mailbox or row["mailbox"]
        department.save(update_fields=["mailbox"])


def _token(file: Path) -> str:
    """The token of an earlier start while it is valid, else a new one."""
    secret = file.read_text(encoding="ascii") if file.exists() else ""
    now = timezone.now()
    if secret and tokens.ApiToken.objects.valid(secret, now=now).exists():
        return secret
    organisation = Organisation.objects.with_key(_coordinators()[0]["municipality"]).get()
    scopes, until = set(tokens.Scope), now + timedelta(days=30)
    _token_row, secret = tokens.issue(organisation, name="Demo", scopes=scopes, expires_at=until, by=SYSTEM)
    file.touch(mode=0o600)
    file.write_text(secret, encoding="ascii")
    return secret

"""Small markets whose networks are known, in the database: posted, matched and proposed by the real parts."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.utils import timezone

from sharing.listings.terms import Consideration, Direction, Mode, Resource
from sharing.municipalities.seats import actor_of_member
from sharing.networks.runs import plan_next, solve_next
from tests import factories
from tests.factories import SWEEPER, SWEEPING

MONEY = (Consideration.FEE,)
KIND = (Consideration.EXCHANGE,)
PRIVACY = replace(
    SWEEPER,
    resource=Resource.EXPERTISE,
    category="DSB",
    title="Behördlicher Datenschutzbeauftragter hat Stunden frei",
    description="Unser Datenschutzbeauftragter kann weitere Verwaltungen betreuen: Verzeichnis, Schulung, Auskünfte.",
    keywords=("Datenschutzbeauftragter",),
    quantity=Decimal(10),
    starts_on=date(2031, 1, 1),
    ends_on=date(2031, 12, 31),
    mode=Mode.HYBRID,
    considerations=KIND,
)
PRIVACY_WANTED = replace(
    PRIVACY,
    direction=Direction.REQUEST,
    title="Datenschutzbeauftragten anteilig gesucht",
    description="Wir brauchen einen behördlichen Datenschutzbeauftragten für unser Verzeichnis und Schulungen.",
    quantity=Decimal(5),
)
TREES = replace(
    SWEEPER,
    category="GRU",
    resource=Resource.EXPERTISE,
    title="Zertifizierter Baumkontrolleur (FLL) mit freien Tagen",
    description="Unser Baumkontrolleur prüft Straßenbäume auf Verkehrssicherheit und führt das Baumkataster.",
    keywords=("Baumkontrolle", "Baumkataster"),
    considerations=KIND,
)
TREES_WANTED = replace(
    TREES,
    direction=Direction.REQUEST,
    title="Baumkontrolle für unsere Straßenbäume gesucht",
    description="Wir suchen einen Baumkontrolleur, der die Verkehrssicherheit prüft und das Baumkataster führt.",
)
SWEEPER_IN_KIND, SWEEPING_IN_KIND = (replace(one, considerations=KIND) for one in (SWEEPER, SWEEPING))


class Side:
    """A town with somebody who acts for it."""

    def __init__(self, name: str, **fields):
        self.town = factories.town(name, **fields)
        self.member = factories.member(name.lower(), of=self.town, role="editor")

    @property
    def actor(self):
        return actor_of_member(self.member)

    @property
    def id(self):
        return self.town.id

    def posts(self, draft, **changes):
        return factories.published(draft, owner=self.town, **changes)


def pool(drain, *, hours=(5, 5, 5), offered=20):
    """A sweeper with `offered` hours, and a town for each of `hours`."""
    giver = Side("Falkenrode")
    offer = giver.posts(SWEEPER, quantity=Decimal(offered), considerations=MONEY)
    takers = [Side(f"Nordhelle {n}") for n in range(len(hours))]
    requests = [
        t.posts(SWEEPING, quantity=Decimal(str(h)), considerations=MONEY) for t, h in zip(takers, hours, strict=True)
    ]
    propose(drain)
    return giver, takers, offer, requests


def swap(drain, **place):
    """Two towns: one lends its sweeper, the other its data protection officer."""
    one, other = Side("Obernbach", **place), Side("Regenfels", **place)
    one.posts(SWEEPER_IN_KIND)
    one.posts(PRIVACY_WANTED)
    other.posts(SWEEPING_IN_KIND)
    other.posts(PRIVACY)
    propose(drain)
    return one, other


def ring(drain):
    """The first sweeps for the second, who lends a data protection officer to the third, who looks after the trees of
    the first. A fourth could take the place of the second."""
    first, second, third, spare = (Side(name) for name in ("Moselstadt", "Heidmark", "Geestrand", "Ersatzdorf"))
    first.posts(SWEEPER_IN_KIND)
    first.posts(TREES_WANTED)
    third.posts(TREES)
    third.posts(PRIVACY_WANTED)
    for side in (second, spare):
        side.posts(SWEEPING_IN_KIND)
        side.posts(PRIVACY)
    propose(drain)
    return first, second, third, spare


def propose(drain, now=None):
    """Everything that beat would have done by now."""
    for _ in range(3):  # what is proposed or given up tells others, who may be proposed something in turn
        drain()
        while plan_next(now=now or timezone.now()):
            pass
        while solve_next(now=now or timezone.now(), seconds=10):
            pass

"""A network as a picture: who gives what to whom, drawn as SVG; the table beside it says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, pi, sin
from uuid import UUID

from sharing.municipalities.models import Organisation
from sharing.networks.models import Network
from sharing.networks.terms import Answer, Kind

WIDTH, MIDDLE, RING, ROOM = 640, 320, 190, 84
LONGEST_NAME = 22


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation, at a place in pixels."""

    organisation: Organisation
    label: str
    x: float
    y: float
    mine: bool
    lead: bool

    @property
    def below(self) -> float:
        """Where its name is written."""
        return self.y + 32


@dataclass(frozen=True, slots=True)
class Arrow:
    """From who gives to who gets; in a joint need lines without a head join all with the middle."""

    x1: float
    y1: float
    x2: float
    y2: float
    label: str
    label_x: float
    label_y: float
    pointed: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """`height` in pixels; the width is `WIDTH`."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    height: int


def picture(network: Network, own: Sequence[UUID]) -> Picture:
    """Members in a circle, whoever leads or gives to several in the middle. Fetch the network with `whole()`."""
    there = [p.organisation for p in network.participants.all() if p.answer not in (Answer.DECLINED, Answer.LEFT)]
    middle = _middle(network)
    around = [organisation for organisation in _in_order(network, there) if organisation.id != middle]
    places = {o.id: _on_circle(n, len(around)) for n, o in enumerate(around)}
    if middle:
        places[middle] = (MIDDLE, MIDDLE - 60)
    nodes = tuple(
        Node(o, _short(o.name), *places[o.id], mine=o.id in own, lead=o.id == network.lead_id)
        for o in there
        if o.id in places
    )
    return Picture(nodes, tuple(_arrows(network, places)), 2 * (MIDDLE - 60))


def _middle(network: Network) -> UUID | None:
    legs = list(network.legs.all())
    if not legs or network.kind in (Kind.SWAP, Kind.RING):
        return None
    return legs[0].offer.owner_id if network.kind == Kind.CAPACITY_POOL else legs[0].request.owner_id


def _in_order(network: Network, there: Sequence[Organisation]) -> list[Organisation]:
    """In a circle as things go round; else by name."""
    if network.kind in (Kind.SWAP, Kind.RING):
        by_id = {organisation.id: organisation for organisation in there}
        givers = dict.fromkeys(leg.offer.owner_id for leg in network.legs.all())
        return [by_id[id_] for id_ in givers if id_ in by_id]
    return sorted(there, key=lambda organisation: (organisation.name, str(organisation.id)))


def _on_circle(place: int, count: int) -> tuple[float, float]:
    angle = 2 * pi * place / max(1, count) - pi / 2
    if count == 2:  # side by side reads better than one above the other
        angle += pi / 2
    return round(MIDDLE + 1.15 * RING * cos(angle), 1), round(MIDDLE - 60 + RING * sin(angle), 1)


def _arrows(network: Network, places: dict[UUID, tuple[float, float]]) -> list[Arrow]:
    if network.kind == Kind.DEMAND_POOL:
        return [_arrow(places[o], (MIDDLE, MIDDLE - 60), "", pointed=False) for o in places]
    ends = [(leg.offer.owner_id, leg.request.owner_id, leg.offer.title) for leg in network.legs.all()]
    return [
        _arrow(places[giver], places[taker], _short(title), side=_side(giver, taker, ends))
        for giver, taker, title in ends
        if giver in places and taker in places
    ]


def _side(giver: UUID, taker: UUID, ends: Sequence[tuple[UUID, UUID, str]]) -> float:
    """Two arrows between the same two run side by side."""
    return 14.0 if any((a, b) == (taker, giver) for a, b, _ in ends) else 0.0


def _arrow(
    start: tuple[float, float], end: tuple[float, float], label: str, *, side: float = 0.0, pointed: bool = True
) -> Arrow:
    (x1, y1), (x2, y2) = start, end
    length = max(1.0, ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5)
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    off_x, off_y, gap = -dy * side, dx * side, min(ROOM / 2, length / 3)
    return Arrow(
        x1=round(x1 + dx * gap + off_x, 1),
        y1=round(y1 + dy * gap + off_y, 1),
        x2=round(x2 - dx * gap + off_x, 1),
        y2=round(y2 - dy * gap + off_y, 1),
        label=label,
        label_x=round((x1 + x2) / 2 + 2.2 * off_x, 1),
        label_y=round((y1 + y2) / 2 + 2.2 * off_y, 1),
        pointed=pointed,
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1].rstrip()}…"

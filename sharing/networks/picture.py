"""A network as a picture: who gives what to whom, ready to be drawn; the table beside it says the same in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import cos, hypot, pi, sin
from uuid import UUID

from sharing.municipalities.models import Organisation
from sharing.networks.models import Network
from sharing.networks.story import quantity_of
from sharing.networks.terms import Kind

RADIUS, LARGE_FROM, LARGE = 150.0, 5, 210.0  # pixels; more members need more room
GAP, APART = 22.0, 13.0  # between arrow and organisation; between two arrows of the same two
ABOVE, BELOW, BESIDE = 44, 48, 120  # margins around the organisations, for their names
LONGEST_NAME = 28

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Node:
    """An organisation at a place, and how its name is written."""

    organisation: Organisation
    label: str
    x: float
    y: float
    mine: bool

    @property
    def name_y(self) -> float:
        """Above it in the upper half, where arrows come from below."""
        return self.y - 20 if self.y < 0 else self.y + 32


@dataclass(frozen=True, slots=True)
class Arrow:
    """From who gives to who gets. Not `pointed`: a line that joins somebody with the middle of a joint need."""

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
    """`box`: left, top, width and height in pixels, as SVG's viewBox has them."""

    nodes: tuple[Node, ...]
    arrows: tuple[Arrow, ...]
    box: str


def picture(network: Network, own: Collection[UUID]) -> Picture:
    """Members in a circle; in the middle who gives to several, or gets from several. Fetch with `whole()`."""
    there = [p.organisation for p in network.participants.all() if p.is_seated]
    middle = _middle(network)
    around = [organisation for organisation in _in_order(network, there) if organisation.id != middle]
    places: dict[UUID, Point] = {o.id: _on_circle(n, len(around)) for n, o in enumerate(around)}
    if middle:
        places[middle] = (0.0, 0.0)
    nodes = tuple(Node(o, _short(o.name), *places[o.id], mine=o.id in own) for o in there if o.id in places)
    return Picture(nodes, tuple(_arrows(network, places)), _box(list(places.values())))


def _box(points: Sequence[Point]) -> str:
    if not points:
        return "0 0 1 1"
    left, right = min(x for x, _ in points) - BESIDE, max(x for x, _ in points) + BESIDE
    top, bottom = min(y for _, y in points) - ABOVE, max(y for _, y in points) + BELOW
    return f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f}"


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


def _on_circle(place: int, count: int) -> Point:
    """Two side by side, which reads better than one above the other; more clockwise from the top."""
    angle = 2 * pi * place / max(1, count) + (pi if count == 2 else -pi / 2)
    radius = LARGE if count >= LARGE_FROM else RADIUS
    return round(1.4 * radius * cos(angle), 1), round(radius * sin(angle), 1)


def _arrows(network: Network, places: dict[UUID, Point]) -> list[Arrow]:
    if network.kind == Kind.DEMAND_POOL:
        return [_arrow(place, (0.0, 0.0), "", side=0.0, pointed=False) for place in places.values()]
    ends = [(leg.offer.owner_id, leg.request.owner_id, leg) for leg in network.legs.all()]
    both = {(giver, taker) for giver, taker, _ in ends}
    return [
        _arrow(places[giver], places[taker], quantity_of(leg), side=APART * ((taker, giver) in both))
        for giver, taker, leg in ends
        if giver in places and taker in places
    ]


def _arrow(start: Point, end: Point, label: str, *, side: float, pointed: bool = True) -> Arrow:
    """Shorter than the way by a gap at both ends, and moved `side`ways; the label above its middle."""
    (x1, y1), (x2, y2) = start, end
    length = hypot(x2 - x1, y2 - y1) or 1.0
    dx, dy = (x2 - x1) / length, (y2 - y1) / length
    aside_x, aside_y = dy * side, -dx * side
    return Arrow(
        x1=round(x1 + dx * GAP + aside_x, 1),
        y1=round(y1 + dy * GAP + aside_y, 1),
        x2=round(x2 - dx * GAP + aside_x, 1),
        y2=round(y2 - dy * GAP + aside_y, 1),
        label=label,
        label_x=round((x1 + x2) / 2 + aside_x, 1),
        label_y=round((y1 + y2) / 2 + aside_y + (20 if aside_y > 0 else -8), 1),
        pointed=pointed,
    )


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"

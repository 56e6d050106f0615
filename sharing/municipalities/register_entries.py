"""What the official German register of municipalities consists of: its entries and the codes in its columns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sharing.errors import RuleBroken
from sharing.municipalities.terms import KeyScheme, Level

# ISO 3166-2 without the country, by the first two digits of every key.
STATES: Mapping[str, str] = {
    "01": "SH", "02": "HH", "03": "NI", "04": "HB", "05": "NW", "06": "HE", "07": "RP", "08": "BW",
    "09": "BY", "10": "SL", "11": "BE", "12": "BB", "13": "MV", "14": "SN", "15": "ST", "16": "TH",
}  # fmt: skip

# What Textkennzeichen stand for: Destatis, GV100AD "Datensatzbeschreibung", as also coded by the OpenPLZ project;
# checked against the extract of 2020/21 (every 51 lies in SH, BB or MV, every 52 in NI, every 60 in BY, and so on).
CITIES_WITHOUT_COUNTY = frozenset({"41", "42"})
COUNTIES: Mapping[str, str] = {"43": "Kreis", "44": "Landkreis", "45": "Regionalverband"}
MUNICIPALITIES: Mapping[str, str] = {
    "60": "Markt", "61": "Kreisfreie Stadt", "62": "Stadtkreis", "63": "Stadt", "64": "Gemeinde",
    "65": "Gemeindefreier Bezirk", "67": "Große Kreisstadt",
}  # fmt: skip
UNINHABITED = "66"
INDEPENDENT, FULFILLING = "50", "58"
ASSOCIATIONS: Mapping[str, str] = {
    "51": "Amt", "52": "Samtgemeinde", "53": "Verbandsgemeinde", "54": "Verwaltungsgemeinschaft",
    "55": "Kirchspielslandgemeinde", "56": "Verwaltungsverband",
}  # fmt: skip
# Without a body of their own: a member does the work for the others (§ 59 GemO BW, § 36 SächsKomZG, § 51 ThürKO).
BODILESS = frozenset(
    {("54", "BW"), ("54", "SN")} | {(code, state) for code in ("57", "58") for state in STATES.values()}
)
# A Gemeindeverwaltungsverband has a body, but its members keep their town halls (§ 61 GemO BW).
GVV = ("56", "BW")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row stayed out; `message` is English with `%(name)s` places for `params`: translate first, then fill."""

    line: int
    column: str
    value: str
    code: str
    message: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        where = f"line {self.line}" + (f", {self.column} “{self.value}”" if self.column else "")
        return f"{where}: {self.message % self.params if self.params else self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One authority. None means that the register does not say, so what is known stays.

    `ars` has 5 digits for a county, 9 for an association, 12 for a municipality; `ags` 5, none, 8.
    `administration` is the ARS of who runs the town hall: its own, its association's, a neighbour's.
    Latitude and longitude are degrees; those of counties and associations are the mean of their residents' places.
    """

    line: int
    level: Level
    ags: str
    ars: str
    name: str
    designation: str
    state: str
    district: str
    population: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    administration: str | None = None

    @property
    def association(self) -> str:
        return self.ars[:9]

    @property
    def keys(self) -> tuple[tuple[KeyScheme, str], ...]:
        """AGS, ARS and, for municipalities, the LAU code, which in Germany is the AGS with its country."""
        lau = ((KeyScheme.LAU, f"DE_{self.ags}"),) if self.level is Level.MUNICIPALITY else ()
        return (*(((KeyScheme.AGS, self.ags),) if self.ags else ()), (KeyScheme.ARS, self.ars), *lau)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a file holds. `uninhabited` areas are no actors, `bodiless` associations have no office: both only count."""

    counties: tuple[Entry, ...]
    associations: tuple[Entry, ...]
    municipalities: tuple[Entry, ...]
    refusals: tuple[Refusal, ...]
    uninhabited: int
    bodiless: int

    @property
    def entries(self) -> tuple[Entry, ...]:
        return (*self.counties, *self.associations, *self.municipalities)


def designation_of(code: str, designations: Mapping[str, str]) -> str:
    if code not in designations:
        raise RuleBroken("unknown_kind", "No such kind is known for this record type.", field="textkennzeichen")
    return designations[code]


def administration_of(key: str, kind: tuple[str, str]) -> str | None:
    """Who runs the town hall. No guess: members of whoever runs it may act for the municipality."""
    if kind[0] == INDEPENDENT:
        return key
    return None if kind in BODILESS or kind == GVV else key[:9]


def with_neighbours(municipalities: list[Entry], kinds: Mapping[str, tuple[str, str]]) -> list[Entry]:
    """Where a member administers the others, the register names the association after it."""
    fulfilling = {m.association: m.ars for m in municipalities if kinds[m.association] == (FULFILLING, m.name)}
    return [replace(m, administration=fulfilling.get(m.association, m.administration)) for m in municipalities]


def with_sums(wholes: Iterable[Entry], municipalities: Iterable[Entry], incomplete: set[str]) -> Iterator[Entry]:
    """Population and place of counties and associations, where every member's row could be used."""
    members: dict[str, list[Entry]] = {}
    for municipality in municipalities:
        for key in (municipality.ars[:5], municipality.association):
            members.setdefault(key, []).append(municipality)
    for whole in wholes:
        broken = "" in incomplete or whole.ars in incomplete
        population, latitude, longitude = (None, None, None) if broken else _sums(members.get(whole.ars, []))
        yield replace(whole, population=population, latitude=latitude, longitude=longitude)


def _sums(parts: Sequence[Entry]) -> tuple[int | None, float | None, float | None]:
    """All residents, and the mean of their places in degrees; None where a part is not known."""
    people = [m.population for m in parts if m.population is not None]
    north = [m.latitude for m in parts if m.latitude is not None]
    east = [m.longitude for m in parts if m.longitude is not None]
    total = sum(people)
    if not len(parts) == len(people) == len(north) == len(east) or not total:
        return (total if parts and len(people) == len(parts) else None), None, None
    return total, _mean(people, north), _mean(people, east)


def _mean(weights: Sequence[int], values: Sequence[float]) -> float:
    return round(sum(weight * value for weight, value in zip(weights, values, strict=True)) / sum(weights), 6)

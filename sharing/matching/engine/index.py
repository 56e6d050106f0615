"""One side of the market as arrays on disk: ordered by tile, changed without being rebuilt."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sharing.listings.terms import Visibility
from sharing.matching.engine.facts import VISIBILITIES, Side
from sharing.matching.engine.gates import EARTH_RADIUS_KM

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Vectors = NDArray[np.float32]
Records = NDArray[np.void]  # of ROW or TILE

ON_SITE, REMOTE = 1, 2  # bits of `mode`; hybrid has both, and what can never match has none
ALL, STATE, DISTRICT, NAMED = 0, 1, 2, 3
# One listing in 104 bytes: gates look at scattered rows, and this way a row is two cache lines instead of 18.
ROW = np.dtype(
    [
        ("place", np.int64),  # in the caller's order, which is by id
        ("tile", np.int64),
        ("x", np.float64), ("y", np.float64), ("z", np.float64),  # of the place on the unit sphere; NaN if unknown
        ("radius", np.float64),  # km; infinite where there is no limit
        ("measure", np.float64),
        ("owner", np.int32), ("acting", np.int32), ("state", np.int32), ("district", np.int32),
        ("category", np.int32), ("resource", np.int32),
        ("first", np.int32), ("last", np.int32),  # days, both inclusive
        ("named_from", np.int32), ("named_to", np.int32),  # slice of the named owners
        ("kind", np.int32), ("mode", np.int16), ("visibility", np.int16),  # no gap: equal rows are equal bytes
    ],
)  # fmt: skip
CELL = 0.45  # degrees of latitude, 50 km
LOCAL, FAR, NOWHERE, DEAD = 0, 2, 4, 5  # the first part of a tile's number; 1 more where all only work remotely
_CODES = {Visibility.ALL: ALL, Visibility.STATE: STATE, Visibility.DISTRICT: DISTRICT, Visibility.NAMED: NAMED}
_LEVELS = np.array([_CODES[visibility] for visibility in VISIBILITIES])
# A tile's rows [start, stop), a circle around them on the unit sphere (spread in km), their longest reach, their modes.
TILE = np.dtype(
    [
        ("id", np.int64), ("start", np.int64), ("stop", np.int64),
        ("x", np.float64), ("y", np.float64), ("z", np.float64), ("spread", np.float64),
        ("reach", np.float64), ("mode", np.int64),
    ],
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Some rows by tile, then category (so that promising pairs stand together), then place. It never changes."""

    rows: Records  # (n,) of ROW
    vectors: Vectors  # (n, d)
    named: Integers  # owners named by rows, all in one
    tiles: Records  # (tiles,) of TILE
    order: Integers  # (n,): row numbers by place

    @classmethod
    def of(cls, rows: Records, vectors: Vectors, named: Integers) -> "Part":
        order = np.lexsort((rows["place"], rows["category"], rows["tile"]))
        rows, vectors = rows[order], np.ascontiguousarray(vectors[order], np.float32)
        named = _in_order(rows, named)
        return cls(*map(frozen, (rows, vectors, named, _tiles_of(rows), np.argsort(rows["place"]))))

    def at(self, places: Integers) -> Integers:
        """The row numbers of those places that are here."""
        if not len(self.rows):
            return self.order
        spots = np.searchsorted(self.rows["place"], places, sorter=self.order)
        rows = self.order[np.minimum(spots, len(self.rows) - 1)]
        return np.asarray(rows[self.rows["place"][rows] == places])

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        for name in self.__slots__:
            np.save(folder / f"{name}.npy", getattr(self, name))

    @classmethod
    def load(cls, folder: Path) -> "Part":
        part = cls(*(_mapped(folder / f"{name}.npy") for name in cls.__slots__))
        if part.rows.dtype != ROW or part.tiles.dtype != TILE:
            raise ValueError(f"{folder} was written by another version: build the index again.")
        return part


@dataclass(frozen=True, slots=True, eq=False)
class Index:
    """One direction as columns: `base` with those rows `alive` that no edit replaced, and a small `delta` of edits.

    A place is the number that orders listings by id; it need not be dense, so that a new listing gets the next one.
    An index is a value: `changed` gives a new one that shares the big arrays with the old one.
    """

    direction: str
    base: Part
    alive: Flags  # (n,) of base
    delta: Part
    home: Path | None = None  # where base is saved

    @classmethod
    def of(cls, side: Side, vectors: Vectors, *, places: Integers | None = None) -> "Index":
        """`side` by id, `vectors` (n, d) of length one or zero."""
        places = np.arange(len(side)) if places is None else np.asarray(places)
        if vectors.ndim != 2 or not len(side) == len(vectors) == len(np.unique(places)):
            raise ValueError("Every listing needs one vector and one place of its own.")
        if vectors.size and not np.einsum("ij,ij->i", vectors, vectors).max() < 1.05:
            raise ValueError("A vector is longer than one.")
        named, spans = _named(side)
        base = Part.of(_rows_of(side, places, spans), vectors, named)
        direction = side.facts[0].direction if side.facts else ""
        return cls(direction, base, _all(base), _some(base, np.empty(0, np.intp)))

    def changed(
        self,
        side: Side,
        vectors: Vectors,
        places: Sequence[int] | Integers,
        *,
        gone: Sequence[int] | Integers = (),
    ) -> "Index":
        """Listings put at `places` (new ones, or instead of what was there), those at `gone` taken out.

        Time O(delta), apart from copying one byte a row. `compact` when the delta is no longer small.
        """
        new = Index.of(side, vectors, places=np.asarray(places, np.int64))
        touched = np.union1d(new.base.rows["place"], np.asarray(gone, np.int64))
        alive = self.alive.copy()
        alive[self.base.at(touched)] = False
        kept = np.ones(len(self.delta.rows), np.bool_)
        kept[self.delta.at(touched)] = False
        delta = _joined(_some(self.delta, np.flatnonzero(kept)), new.base)
        return Index(self.direction or new.direction, self.base, frozen(alive), delta, self.home)

    def with_vectors(self, vectors: Vectors) -> "Index":
        """For an index without a delta whose vectors, in the order of its rows, are kept elsewhere."""
        return replace(self, base=replace(self.base, vectors=vectors), delta=replace(self.delta, vectors=vectors[:0]))

    def compact(self) -> "Index":
        """The same listings without a delta: byte for byte what `of` makes of them."""
        base = _joined(_some(self.base, np.flatnonzero(self.alive)), self.delta)
        return Index(self.direction, base, _all(base), _some(base, np.empty(0, np.intp)))

    def parts(self) -> tuple[tuple[Part, Flags], ...]:
        return (self.base, self.alive), (self.delta, _all(self.delta))

    def save(self, folder: Path) -> "Index":
        """Into files that `load` maps. After an edit only the small ones are written; `index.json` changes last.

        One writer at a time. Who has loaded an older state keeps it, also after its files are gone.
        """
        folder.mkdir(parents=True, exist_ok=True)
        number = 1 + max((int(old.name) for old in folder.iterdir() if old.name.isdigit()), default=0)
        base = self.home if self.home and self.home.parent == folder else folder / str(number)
        if base != self.home:
            self.base.save(base)
        self.delta.save(folder / str(number + 1))
        np.save(folder / str(number + 1) / "alive.npy", self.alive)
        state = {"direction": self.direction, "base": base.name, "delta": str(number + 1)}
        (folder / "next.json").write_text(json.dumps(state))
        (folder / "next.json").replace(folder / "index.json")
        for old in folder.iterdir():
            if old.name.isdigit() and old.name not in state.values():
                shutil.rmtree(old)
        return Index(self.direction, self.base, self.alive, self.delta, base)

    @classmethod
    def load(cls, folder: Path) -> "Index":
        state = json.loads((folder / "index.json").read_text())
        base, delta = folder / state["base"], folder / state["delta"]
        alive = _mapped(delta / "alive.npy")
        return cls(state["direction"], Part.load(base), alive, Part.load(delta), base)


def tiles(index: Index) -> list[int]:
    """All tiles with anybody in them that could match; workers may share them out as they like."""
    found = {int(tile) for part, _ in index.parts() for tile in part.tiles["id"][part.tiles["mode"] != 0]}
    return sorted(found)


def _rows_of(side: Side, places: Integers, spans: Integers) -> Records:
    rows = np.zeros(len(side), ROW)
    rows["place"] = places
    for name in ("owner", "acting", "state", "district", "category", "resource", "kind", "measure", "radius"):
        rows[name] = getattr(side, name)
    rows["first"], rows["last"] = side.first_day, side.last_day
    rows["visibility"] = _LEVELS[side.visibility]
    rows["named_from"], rows["named_to"] = spans[:-1], spans[1:]
    latitude, longitude = np.radians(side.latitude), np.radians(side.longitude)
    rows["x"], rows["y"] = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude)
    rows["z"] = np.sin(latitude) + 0 * longitude
    dead = side.sale | (np.isnan(rows["z"]) & np.isfinite(side.radius))
    rows["mode"] = np.where(dead, 0, np.where(side.on_site, ON_SITE, np.where(side.remote, REMOTE, ON_SITE | REMOTE)))
    rows["tile"] = _tile_of(side, rows["mode"])
    return rows


def _tile_of(side: Side, mode: NDArray[np.int16]) -> Integers:
    """(n,): a pure function of the row, so that an edit needs to look at no other row."""
    band = np.floor((side.latitude + 90) / CELL)
    width = CELL / np.cos(np.radians(np.minimum((band + 0.5) * CELL, 179.9) - 90))
    cell = band * 1024 + np.floor((side.longitude + 180) % 360 / width)
    sort = np.where(np.isfinite(side.radius), LOCAL, FAR) + (mode == REMOTE)
    sort = np.where(mode == 0, DEAD, np.where(np.isnan(cell), NOWHERE, sort))
    return np.asarray(sort * 2**20 + np.where(sort < NOWHERE, np.nan_to_num(cell), 0)).astype(np.int64)


def _tiles_of(rows: Records) -> Records:
    """The table of the tiles of ordered rows."""
    ids, starts = np.unique(rows["tile"], return_index=True)
    table = np.zeros(len(ids), TILE)
    table["id"], table["start"], table["stop"] = ids, starts, [*starts[1:], len(rows)][: len(ids)]
    if not len(ids):
        return table
    sizes, axes = table["stop"] - table["start"], ("x", "y", "z")
    middle = np.stack([np.add.reduceat(rows[axis], starts) for axis in axes])
    middle /= np.sqrt((middle**2).sum(axis=0))
    away = np.sqrt(sum((rows[axis] - np.repeat(middle[at], sizes)) ** 2 for at, axis in enumerate(axes)))
    table["x"], table["y"], table["z"] = middle
    table["spread"] = kilometres(np.maximum.reduceat(away, starts))
    table["reach"] = np.maximum.reduceat(rows["radius"], starts)
    table["mode"] = np.bitwise_or.reduceat(rows["mode"], starts)
    return table


def kilometres(chord: Floats) -> Floats:
    """Over ground, from the straight line between two points of the unit sphere."""
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord, 2) / 2))


def _named(side: Side) -> tuple[Integers, Integers]:
    """The owners that rows name, all in one, and (n + 1,) where each row's begin."""
    owners: list[int] = []
    sizes = np.zeros(len(side) + 1, np.int64)
    for row in np.flatnonzero(_LEVELS[side.visibility] == NAMED):
        owners += sorted(side.audience[row])
        sizes[row + 1] = len(side.audience[row])
    return np.array(owners, np.int64), sizes.cumsum()


def _in_order(rows: Records, named: Integers) -> Integers:
    """What rows name, row by row; their slices are set to it."""
    sizes = rows["named_to"] - rows["named_from"]
    ends = sizes.cumsum()
    inside = np.arange(sizes.sum()) - np.repeat(ends - sizes, sizes)
    found = named[np.repeat(rows["named_from"], sizes) + inside]
    rows["named_from"], rows["named_to"] = ends - sizes, ends
    return np.asarray(found)


def _some(part: Part, rows: NDArray[np.intp]) -> Part:
    return Part.of(part.rows[rows], part.vectors[rows], part.named)


def _all(part: Part) -> Flags:
    return frozen(np.ones(len(part.rows), np.bool_))


def _joined(one: Part, other: Part) -> Part:
    moved = other.rows.copy()
    moved["named_from"] += len(one.named)
    moved["named_to"] += len(one.named)
    return Part.of(
        np.concatenate([one.rows, moved]),
        np.concatenate([one.vectors, other.vectors]),
        np.concatenate([one.named, other.named]),
    )


def _mapped(file: Path) -> NDArray[Any]:
    """Read when looked at. An empty file cannot be mapped."""
    try:
        return np.asarray(np.load(file, mmap_mode="r"))
    except ValueError:
        return frozen(np.load(file))


def frozen(array: NDArray[Any]) -> NDArray[Any]:
    """Read-only like a mapped one: the kernels are compiled for one of the two."""
    array.flags.writeable = False
    return array

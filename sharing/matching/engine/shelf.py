"""One direction of the market, read, as files that all workers of a machine map: made once, then only looked at."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sharing.matching.engine.columns import Column, Columns, mapped_columns, write_columns
from sharing.matching.engine.facts import Side
from sharing.matching.engine.index import Index, Integers, Vectors
from sharing.matching.engine.pages import Pages
from sharing.matching.engine.reading import Reading
from sharing.matching.engine.retrieval import best_of_one
from sharing.matching.engine.text import DIMENSIONS

MOST = 2_000  # partners of one listing that are looked at closely; markets of some ten thousand listings have no more
AT_ONCE = 4_096  # listings that are read and written in one go
_SPARSE = ("grams", "named", "refused")


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """`names` are by id, all else is in the order of the index: by tile, category, id. Nothing of it ever changes."""

    index: Index
    side: Side  # for the components; without facts
    names: Columns  # ids, owners, and keys: what each reading depends on, as a digest
    pages: Columns
    starts: Mapping[str, Integers]  # (n + 1,): where each row's clauses, n-grams and so on begin

    def __len__(self) -> int:
        return len(self.side)

    def rows_of(self, ids: Collection[str]) -> Integers:
        """Where these listings stand; those that are not here are left out."""
        return self.index.base.at(_found(self.names["ids"], ids))

    def holds(self, ids: Column, keys: Column) -> NDArray[np.bool_]:
        """Which of these listings are here, read from the same words."""
        if not len(self):
            return np.zeros(len(ids), np.bool_)
        spots = np.minimum(np.searchsorted(self.names["ids"], ids), len(self) - 1)
        return np.asarray((self.names["ids"][spots] == ids) & (self.names["keys"][spots] == keys))

    def readings(self, ids: Collection[str]) -> dict[str, Reading]:
        """Of those that are here."""
        rows = self.rows_of(ids)
        pages = self.read(rows)
        return {id_: pages.reading(place) for place, id_ in enumerate(self.told("ids", rows))}

    def without(self, ids: Collection[str]) -> Index:
        """The index but for these listings."""
        none = self.index.base.vectors[:0]
        return self.index.changed(self.side.cut(slice(0, 0)), none, [], gone=_found(self.names["ids"], ids))

    def partners(self, one: Side, centre: Vectors, index: Index) -> tuple[Integers, tuple[Side, Pages]]:
        """The rows of `index` that all gates leave open to one listing, with their columns.

        Of more than `MOST` the most promising, see `retrieval`.
        """
        places, _ = best_of_one(Index.of(one, centre), index, MOST)
        rows = self.index.base.at(np.sort(places))
        return rows, (self.side.cut(rows), self.read(rows))

    def told(self, name: str, rows: Integers) -> list[str]:
        """One of the names of some rows."""
        found: list[str] = self.names[name][self.index.base.rows["place"][rows]].astype(str).tolist()
        return found

    def read(self, rows: Integers) -> Pages:
        """The texts of some rows, copied out of the files."""
        parts, starts = self._spans("parts", rows)
        return Pages(
            parts=self.pages["parts"][parts].astype(np.float32),
            starts=starts,
            centre=self.index.base.vectors[rows],
            topics=self.pages["topics"][rows].astype(np.float32),
            training=self.pages["training"][rows],
            grams=self._sparse("grams", rows),
            named=self._sparse("named", rows),
            refused=self._sparse("refused", rows),
        )

    def _sparse(self, name: str, rows: Integers) -> csr_matrix:
        places, starts = self._spans(name, rows)
        columns, weights = self.pages[f"{name}_columns"][places], self.pages[f"{name}_weights"][places]
        width = DIMENSIONS if name == "grams" else self.pages["topics"].shape[1]
        return csr_matrix((weights, columns, starts), shape=(len(rows), width))

    def _spans(self, name: str, rows: Integers) -> tuple[Integers, Integers]:
        """Places of what some rows have in a ragged column, one after the other, and where each row's begin."""
        begins = self.starts[name][rows]
        counts = self.starts[name][rows + 1] - begins
        starts = np.concatenate([[0], counts.cumsum()])
        return np.arange(starts[-1]) + np.repeat(begins - starts[:-1], counts), starts

    @classmethod
    def load(cls, folder: Path) -> "Shelf":
        names, side, pages = (mapped_columns(folder / part) for part in ("names", "side", "pages"))
        counted = {name.removesuffix("_count"): column for name, column in pages.items() if name.endswith("_count")}
        starts = {name: np.concatenate([[0], np.cumsum(counts)]) for name, counts in counted.items()}
        index = Index.load(folder / "index").with_vectors(pages["centre"])
        return cls(index, Side(facts=(), audience=(), **side), names, pages, starts)


def write(folder: Path, side: Side, names: Columns, read: Callable[[Integers], Pages]) -> None:
    """`side` and `names` by id; `read` gives the texts of some of them.

    Needs the memory of `side` and of the texts of `AT_ONCE` listings, whatever the size of the market.
    """
    index = Index.of(side, np.empty((len(side), 0), np.float32))  # its vectors are written beside it
    order = index.base.rows["place"]
    index.save(folder / "index")
    columns = side.cut(order).columns().items()
    write_columns(folder / "side", [{name: column for name, column in columns if not isinstance(column, tuple)}])
    write_columns(folder / "names", [names])
    some = (order[start : start + AT_ONCE] for start in range(0, max(1, len(order)), AT_ONCE))
    write_columns(folder / "pages", (_flat(read(places)) for places in some))


def _flat(pages: Pages) -> dict[str, Column]:
    """Vectors and topics are on a grid that float16 holds exactly."""
    flat = {name: getattr(pages, name).astype(np.float16) for name in ("parts", "topics")}
    flat |= {"centre": pages.centre, "parts_count": np.diff(pages.starts), "training": pages.training}
    for name in _SPARSE:
        table = getattr(pages, name)
        flat |= {f"{name}_columns": table.indices.astype(np.int32), f"{name}_weights": table.data}
        flat[f"{name}_count"] = np.diff(table.indptr)
    return flat


def _found(ids: Column, asked: Collection[str]) -> Integers:
    """Places in `ids`, which are sorted, of those that are there."""
    wanted = np.array(sorted(asked), ids.dtype)
    places = np.searchsorted(ids, wanted)
    places, wanted = places[places < len(ids)], wanted[places < len(ids)]
    return np.asarray(places[ids[places] == wanted])

"""One direction of the market, read, as files that all workers of a machine map: made once, then only looked at."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from sharing.matching.engine.columns import Column, Columns, mapped_columns, write_columns
from sharing.matching.engine.facts import Side
from sharing.matching.engine.index import Index, Integers, Vectors
from sharing.matching.engine.pages import Pages
from sharing.matching.engine.retrieval import open_rows
from sharing.matching.engine.text import DIMENSIONS

AT_ONCE = 4_096  # rows whose texts are compared in one go: some 100 MB
_SPARSE = ("grams", "named", "refused")


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """`names` are by id, all else is in the order of the index: by tile, category, id. Nothing of it ever changes."""

    index: Index  # which rows pass the gates; without vectors
    side: Side  # for the components; without facts
    names: Columns  # ids, owners, and keys: what each reading depends on, as a digest
    pages: Columns
    starts: Mapping[str, Integers]  # (n + 1,): where each row's clauses, n-grams and so on begin

    def __len__(self) -> int:
        return len(self.side)

    def rows_of(self, ids: Collection[str]) -> Integers:
        """Where these listings stand; those that are not here are left out."""
        return self.index.base.at(_found(self.names["ids"], ids))

    def without(self, ids: Collection[str]) -> Index:
        """The index but for these listings."""
        return self.index.changed(self.side.cut(slice(0, 0)), _no_vectors(0), [], gone=_found(self.names["ids"], ids))

    def partners(self, one: Side, index: Index) -> Iterator[tuple[Integers, Side, Pages]]:
        """The rows of `index` that all gates leave open to one listing, with their columns, some at a time."""
        rows = open_rows(Index.of(one, _no_vectors(1)), index)
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            yield some, self.side.cut(some), self.read(some)

    def told(self, name: str, rows: Integers) -> list[str]:
        """One of the names of some rows."""
        return list(self.names[name][self.index.base.rows["place"][rows]].astype(str))

    def read(self, rows: Integers) -> Pages:
        """The texts of some rows, copied out of the files."""
        parts, starts = self._spans("parts", rows)
        return Pages(
            parts=self.pages["parts"][parts].astype(np.float32),
            starts=starts,
            centre=self.pages["centre"][rows].astype(np.float32),
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
        return cls(Index.load(folder / "index"), Side(facts=(), audience=(), **side), names, pages, starts)


def write(folder: Path, side: Side, names: Columns, read: Callable[[Integers], Pages]) -> None:
    """`side` and `names` by id; `read` gives the texts of some of them.

    Needs the memory of `side` and of the texts of `AT_ONCE` listings, whatever the size of the market.
    """
    index = Index.of(side, _no_vectors(len(side)))
    order = index.base.rows["place"]
    index.save(folder / "index")
    columns = side.cut(order).columns().items()
    write_columns(folder / "side", [{name: column for name, column in columns if not isinstance(column, tuple)}])
    write_columns(folder / "names", [names])
    some = (order[start : start + AT_ONCE] for start in range(0, max(1, len(order)), AT_ONCE))
    write_columns(folder / "pages", (_flat(read(places)) for places in some))


def _flat(pages: Pages) -> dict[str, Column]:
    """Vectors and topics are on a grid that float16 holds exactly."""
    flat = {name: getattr(pages, name).astype(np.float16) for name in ("parts", "centre", "topics")}
    flat |= {"parts_count": np.diff(pages.starts), "training": pages.training}
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


def _no_vectors(rows: int) -> Vectors:
    return np.empty((rows, 0), np.float32)

"""The readings of one side as columns: clause vectors one below the other, n-grams, concepts and topics."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sharing.matching.engine.concepts import Activation
from sharing.matching.engine.encoder import Vectors
from sharing.matching.engine.reading import Reading
from sharing.matching.engine.text import matrix

_BY_ROW = ("centre", "grams", "named", "refused", "topics", "training")


@dataclass(frozen=True, slots=True, eq=False)
class Pages:
    """Columns over n listings; `parts` (p, size) are the clause vectors of all, the title of each first."""

    parts: Vectors
    starts: NDArray[np.intp]  # (n + 1,): where the parts of each listing begin
    centre: Vectors  # (n, size)
    grams: csr_matrix  # (n, DIMENSIONS) of the whole text
    named: csr_matrix  # (n, concepts)
    refused: csr_matrix
    topics: NDArray[np.float32]  # (n, concepts)
    training: NDArray[np.float64]  # (n,)

    def row(self, place: int) -> "Pages":
        """One listing alone."""
        begin, end = self.starts[place : place + 2].tolist()
        only = slice(place, place + 1)
        return Pages(
            parts=self.parts[begin:end],
            starts=np.array([0, end - begin]),
            **{name: getattr(self, name)[only] for name in _BY_ROW},
        )

    def reading(self, place: int) -> Reading:
        """What the row was made of."""
        parts, span = (slice(*bounds[place : place + 2].tolist()) for bounds in (self.starts, self.grams.indptr))
        return Reading(
            parts=self.parts[parts],
            centre=self.centre[place],
            named=row_of(self.named, place),
            refused=row_of(self.refused, place),
            grams=(self.grams.indices[span], self.grams.data[span]),
            topics=self.topics[place],
            training=float(self.training[place]),
        )


def row_of(matrix: csr_matrix, row: int) -> Activation:
    """Straight from the columns: a matrix of one row takes SciPy seventy times as long to make."""
    begin, end = matrix.indptr[row], matrix.indptr[row + 1]
    return dict(zip(matrix.indices[begin:end].tolist(), matrix.data[begin:end].tolist(), strict=True))


def pages_of(read: Sequence[Reading], concepts: int) -> Pages:
    """Columns of some readings; `concepts` is how many there are."""
    size = read[0].parts.shape[1] if read else 0
    return Pages(
        parts=np.concatenate([np.empty((0, size), np.float32), *(reading.parts for reading in read)]),
        starts=np.cumsum([0, *(len(reading.parts) for reading in read)]),
        centre=_stacked([reading.centre for reading in read]),
        grams=matrix([reading.grams for reading in read]),
        named=_sparse([reading.named for reading in read], concepts),
        refused=_sparse([reading.refused for reading in read], concepts),
        topics=_stacked([reading.topics for reading in read]),
        training=np.array([reading.training for reading in read], float),
    )


def _stacked(rows: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.stack(rows) if rows else np.empty((0, 0), np.float32)


def _sparse(found: Sequence[Activation], concepts: int) -> csr_matrix:
    rows = np.repeat(np.arange(len(found)), [len(some) for some in found])
    columns = np.array([meaning for some in found for meaning in some], np.intp)
    weights = np.array([weight for some in found for weight in some.values()], np.float64)
    return csr_matrix((weights, (rows, columns)), shape=(len(found), concepts))

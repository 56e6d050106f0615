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

"""Candidates for proposals as rows: who takes part in each, and what it is worth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sharing.networks.engine.region import Region
from sharing.networks.engine.terms import Kind

Members = NDArray[np.intp]
SCALE = 1000  # values are integers, so that equal is equal


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Proposals of one kind. `members` (candidates, most): places of legs, of requests in a demand pool; -1
    beyond the last. `value` (candidates,): benefit x 1000."""

    kind: Kind
    members: Members
    value: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.value)

    def pick(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Candidates":
        return Candidates(self.kind, self.members[rows], self.value[rows])

    def listings(self, region: Region) -> csr_matrix:
        """(candidates, listings): 1 where a listing takes part; requests first, then offers."""
        rows, places = np.nonzero(self.members >= 0)
        member = self.members[rows, places]
        if self.kind == Kind.DEMAND_POOL:
            columns = member
        else:
            legs = region.legs
            rows, columns = np.repeat(rows, 2), np.stack([legs.r[member], region.node(legs.o[member])], 1).ravel()
        shape = (len(self), len(region.requests) + len(region.offers))
        found = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)
        found.data[:] = 1  # the one offer of a pool stands in each of its legs
        return found


def of(kind: Kind, sets: Sequence[Members], benefit: NDArray[np.float64]) -> Candidates:
    """From blocks of sets of different sizes, one below the other, and their benefits."""
    most = max((block.shape[1] for block in sets), default=0)
    padded = [np.pad(block, ((0, 0), (0, most - block.shape[1])), constant_values=-1) for block in sets]
    members = np.concatenate(padded) if padded else np.empty((0, 0), np.intp)
    return Candidates(kind, members, np.round(benefit * SCALE).astype(np.int64))

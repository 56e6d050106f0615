"""How alike the texts of some pairs are, seen from several sides; every column has the shape (pairs,)."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from sharing.matching.engine.concepts import Concepts
from sharing.matching.engine.pages import Pages, row_of

Column = NDArray[np.float64]
Places = NDArray[np.intp]
TOPIC_LEAST = 0.001


def text_components(requests: Pages, offers: Pages, r: Places, o: Places, concepts: Concepts) -> dict[str, Column]:
    """Each component in [0, 1] but where said; `r` must be in ascending order.

    meaning       half the cosine of the listings' one vectors, half the mean over the clauses of both of their best
                  cosine with a clause of the other (“late interaction”, Khattab & Zaharia 2020, on clauses instead of
                  tokens)
    grams         square root of the cosine of the n-grams; it spreads the low values, where other words lie
    named         the strongest concept that both call by name
    topic         ln(.001 + t), about in [-6.9, 0], t being how much their distributions over the thesaurus overlap
                  (Bhattacharyya, see `Topics.distribution`): the logarithm tells the unlikely from the impossible
    apart         how strongly they speak of two things that the thesaurus keeps apart, beyond what they share
    refused       one expressly does not do what the other is about, as far as both name it
    training      one is about a course and the other is not (0, 0.5 or 1)
    """
    shared, apart = _concepts(requests, offers, r, o, concepts)
    whole = _products(requests.centre, offers.centre, r, o)
    topic = _products(requests.topics, offers.topics, r, o).clip(0, 1)
    return {
        "meaning": (whole.clip(0, 1) + _late(requests, offers, r, o).clip(0, 1)) / 2,
        "grams": np.sqrt(_sparse_products(requests.grams, offers.grams, r, o)),
        "named": shared,
        "topic": np.log(TOPIC_LEAST + topic),
        "apart": apart,
        "refused": np.maximum(
            _strongest(requests.named, offers.refused, r, o), _strongest(requests.refused, offers.named, r, o)
        ),
        "training": np.abs(requests.training[r] - offers.training[o]).astype(float),
    }


def _products(one: NDArray[np.float32], other: NDArray[np.float32], r: Places, o: Places) -> Column:
    """Of the given pairs, out of one product of all rows: both are on the encoder's grid, so it is exact."""
    if not len(r) or not one.shape[1]:
        return np.zeros(len(r))
    low, high = int(r.min()), int(r.max()) + 1
    return np.asarray((one[low:high] @ other.T)[r - low, o], np.float64)


def _sparse_products(one: csr_matrix, other: csr_matrix, r: Places, o: Places) -> Column:
    """The sparse product adds up one pair at a time in the order of the request's buckets: the same in every batch."""
    if not len(r):
        return np.zeros(0)
    low, high = int(r.min()), int(r.max()) + 1
    return np.asarray((one[low:high] @ other.T.tocsr()).toarray()[r - low, o].clip(0, 1))


def _late(requests: Pages, offers: Pages, r: Places, o: Places) -> Column:
    """Request by request: one product of its clauses with those of all its offers."""
    clauses = np.zeros(len(r))
    if not len(r) or not requests.parts.shape[1]:
        return clauses
    first = np.flatnonzero(np.diff(r, prepend=-1))
    for start, end in zip(first, [*first[1:], len(r)], strict=True):
        mine = requests.parts[requests.starts[r[start]] : requests.starts[r[start] + 1]]
        clauses[start:end] = _late_of(mine, offers, o[start:end])
    return clauses


def _late_of(mine: NDArray[np.float32], offers: Pages, o: Places) -> Column:
    counts = offers.starts[o + 1] - offers.starts[o]
    ends = np.cumsum(counts)
    begins = ends - counts
    rows = np.repeat(offers.starts[o] - begins, counts) + np.arange(ends[-1])
    # Exact whatever BLAS does: all vectors are on the encoder's grid.
    cosines = (mine @ offers.parts[rows].T).astype(np.float64)
    best_in_theirs = np.maximum.reduceat(cosines, begins, axis=1)  # (my clauses, offers)
    mean_of_theirs = np.add.reduceat(cosines.max(axis=0), begins) / counts
    return np.asarray((best_in_theirs.mean(axis=0) + mean_of_theirs) / 2)


def _concepts(requests: Pages, offers: Pages, r: Places, o: Places, concepts: Concepts) -> tuple[Column, Column]:
    """(named, apart)."""
    shared = np.sqrt(_strongest(requests.named, offers.named, r, o))
    rivals = (requests.named @ concepts.apart).tocsr()
    against = np.sqrt(np.minimum(1.0, _strongest(rivals, offers.named, r, o)))
    return shared, np.maximum(0.0, against - shared)


def _strongest(one: csr_matrix, other: csr_matrix, r: Places, o: Places) -> Column:
    """The largest product of what both name. Few pairs name anything in common, so only those are looked at."""
    found = np.zeros(len(r))
    if not len(r) or not one.nnz or not other.nnz:
        return found
    low, high = int(r.min()), int(r.max()) + 1
    common = (one[low:high] @ other.T.tocsr()).toarray()[r - low, o]
    some = np.flatnonzero(common)
    found[some] = one[r[some]].multiply(other[o[some]]).tocsr().max(axis=1).toarray().ravel()
    return found


LIKELY = 0.25  # of the overlap of two distributions, from which on one meaning may be called their common subject


def shared_concepts(requests: Pages, offers: Pages, r: int, o: int) -> list[int]:
    """What both are about, the surest first: concepts that both name, then the likeliest by all their words."""
    mine, theirs = row_of(requests.named, r), row_of(offers.named, o)
    both = {meaning: weight * theirs[meaning] for meaning, weight in mine.items() if meaning in theirs}
    named = sorted(both.items(), key=lambda item: (-item[1], item[0]))
    overlap = requests.topics[r].astype(np.float64) * offers.topics[o]
    likeliest = int(overlap.argmax()) if len(overlap) else -1
    sure = [meaning for meaning, _ in named]
    if likeliest >= 0 and overlap[likeliest] >= LIKELY:
        # What all the words speak for goes before a name that may have been mentioned in passing.
        sure = [likeliest, *(meaning for meaning in sure if meaning != likeliest and overlap[meaning] >= LIKELY / 10)]
    return sure

"""The compiled loops of the retrieval stage: gates, bound, score and the k best of each row, in one pass.

Compiled for the reasons that `kernel_gates` gives.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.components import HALFWAY_KM
from sharing.matching.engine.facts import AMOUNT, NO_MEASURE, RATE
from sharing.matching.engine.gates import EARTH_RADIUS_KM
from sharing.matching.engine.index import ON_SITE, REMOTE, Integers, Records, Vectors
from sharing.matching.engine.kernel_gates import Columns, Pair, Record, compiled, is_open, km_of

Words = NDArray[np.int32]
Six = tuple[float, float, float, float, float, float]
How = tuple[Six, bool]  # the weights; do offers ask
Best = tuple[NDArray[np.int32], Integers]  # scores in ten-thousandths and places, the best first

MIDDLE = 0.5  # nearness of an unknown place, and at least that of two that both work remotely
UNKNOWN_QUANTITY = 0.75
UNITS = 10_000  # scores are compared as whole ten-thousandths
CHUNK = 64  # pairs that the bound rules out together
SHUT = np.float32(-1e9)  # more than any score
MARGIN_KM = 1.5  # in the bound, whose positions are float32
LANES = 32
TINY = 1e-12  # more than the order of a sum of six float64 changes


@compiled
def slack_of(size: int) -> float:
    """How far a float32 product of two unit vectors can be from the true one, whatever its order: size x 2^-24."""
    return 1.1 * size * 2.0**-24 + 1e-9


@compiled
def _dot(x: Vectors, y: Vectors) -> float:
    """The product in float64 in one fixed order: the same for every block, process and machine, which BLAS is not."""
    lanes = np.zeros(LANES)
    for start in range(0, len(x), LANES):
        a, b = x[start : start + LANES], y[start : start + LANES]
        for lane in range(len(a)):
            lanes[lane] += np.float64(a[lane]) * np.float64(b[lane])
    return float(lanes.sum())


@compiled
def _quantity(r: Record, o: Record, days: int) -> float:
    """Share of what the request asks for; a common window turns hours a week into hours, and back."""
    offered = o.measure
    if r.kind == AMOUNT and o.kind == RATE:
        offered = o.measure * (days / 7)
    elif r.kind == RATE and o.kind == AMOUNT:
        offered = o.measure / (days / 7)
    elif r.kind != o.kind or r.kind == NO_MEASURE:
        return UNKNOWN_QUANTITY
    if r.measure == 0:
        return UNKNOWN_QUANTITY if offered == 0 else 1.0
    share = offered / r.measure
    return float(np.rint(share * 1e6) / 1e6) if share < 1 else 1.0


@compiled
def _terms(pair: Pair, km: float, how: How) -> Six:
    """What each term adds; of the text, what it adds at most. Window and quantity are relative to the request."""
    r, o = (pair[1], pair[0]) if how[1] else pair
    days = min(r.last, o.last) - max(r.first, o.first) + 1
    near = MIDDLE if math.isnan(km) else math.exp(-km / HALFWAY_KM)
    if r.mode == REMOTE and o.mode == REMOTE:
        near = max(near, MIDDLE)
    return (
        how[0][0],
        how[0][1] if r.category == o.category else 0.0,
        how[0][2] if r.resource == o.resource else 0.0,
        how[0][3] * (days / (r.last - r.first + 1)),
        how[0][4] * near,
        how[0][5] * _quantity(r, o, days),
    )


@compiled
def _units(dot: float, vectors: tuple[Vectors, Vectors], terms: Six, least: int) -> int:
    """The rounded score in ten-thousandths, or -1 if below `least`.

    `dot` is a float32 product. Only where its error could change the rounding is the exact one computed (a third of
    the few that come so far), so the score is a pure function of the two rows.
    """
    slack = slack_of(len(vectors[0]))
    rest = terms[1] + terms[2] + terms[3] + terms[4] + terms[5]
    high = np.rint(UNITS * (terms[0] * max(0.0, dot + slack) + rest + TINY))
    if high < least:
        return -1
    if high == np.rint(UNITS * (terms[0] * max(0.0, dot - slack) + rest - TINY)):
        return int(high)
    text = terms[0] * max(0.0, _dot(vectors[0], vectors[1]))
    return int(np.rint(UNITS * (text + terms[1] + terms[2] + terms[3] + terms[4] + terms[5])))


@compiled
def _push(best: Best, units: int, place: int) -> None:
    """Into one row's k best: by score, ties by place. Insertion, since k is small and few pairs come so far."""
    scores, places = best
    at = len(scores) - 1
    if units < scores[at] or (units == scores[at] and place > places[at]):
        return
    while at > 0 and (units > scores[at - 1] or (units == scores[at - 1] and place < places[at - 1])):
        scores[at], places[at] = scores[at - 1], places[at - 1]
        at -= 1
    scores[at], places[at] = units, place


@compiled
def _near_bound(most: Vectors, a: Record, others: Vectors, weight: np.float32) -> None:
    """most (n,) = what nearness adds at most, or `SHUT` beyond a radius.

    In float32, which misplaces by up to .7 km: `MARGIN_KM` in the pair's favour. exp(-u) <= 1 / (1 + u + u²/2 + u³/6).
    """
    one, none, half, sixth = np.float32(1), np.float32(0), np.float32(1 / 2), np.float32(1 / 6)
    to_radii, margin = np.float32(EARTH_RADIUS_KM / HALFWAY_KM), np.float32(MARGIN_KM / HALFWAY_KM)
    ax, ay, az, limit = np.float32(a.x), np.float32(a.y), np.float32(a.z), _limit(a.radius)
    unknown = np.float32(MIDDLE) if math.isnan(a.x) else none
    x, y, z, limits, floors = others[0], others[1], others[2], others[3], others[4]
    for j in range(len(most)):
        square = (x[j] - ax) ** 2 + (y[j] - ay) ** 2 + (z[j] - az) ** 2
        u = max(np.sqrt(square) * to_radii - margin, none)
        near = one / (one + u * (one + u * (half + u * sixth)))
        floor = max(floors[j], unknown)
        near = near if near > floor else floor
        most[j] = SHUT if square > limits[j] or square > limit else weight * near


@compiled
def _window_bound(most: Vectors, a: Record, others: Vectors, weight: np.float32) -> None:
    """most (n,) += what the window adds, or `SHUT` where there is no common day or the modes do not meet.

    All in float32, also days, which it holds exactly: integers would be widened, and half as many fit a register.
    """
    first, last, shares, modes = others[5], others[6], others[7], others[8]
    a_first, a_last, mode = np.float32(a.first), np.float32(a.last), np.float32(a.mode)
    none, one, clash = np.float32(0), np.float32(1), np.float32(ON_SITE * REMOTE)
    for j in range(len(most)):
        days = min(last[j], a_last) - max(first[j], a_first) + one
        both = modes[j] * mode
        most[j] += weight * days * shares[j] if days > none and both > none and both != clash else SHUT


@compiled
def _text_bound(most: Vectors, a: Record, line: Vectors, words: Words, weights: Vectors) -> None:
    """most (n,) += text, category and resource."""
    categories, resources, category, resource = words[0], words[1], a.category, a.resource
    text, for_category, for_resource, none = weights[0], weights[1], weights[2], np.float32(0)
    for j in range(len(most)):
        same = for_category if categories[j] == category else none
        alike = for_resource if resources[j] == resource else none
        most[j] += text * max(line[j], none) + same + alike


@compiled
def _limit(radius: float) -> np.float32:
    """The square of a radius as a chord of the unit sphere."""
    return np.float32(((radius + MARGIN_KM) / EARTH_RADIUS_KM) ** 2)


@compiled
def _as_columns(others: Records, swapped: bool) -> tuple[Vectors, Words]:
    """What the bounds look at, side by side: (9, n) and (2, n)."""
    columns, words = np.empty((9, len(others)), np.float32), np.empty((2, len(others)), np.int32)
    for j in range(len(others)):
        g = others[j]
        columns[0, j], columns[1, j], columns[2, j], columns[3, j] = g.x, g.y, g.z, _limit(g.radius)
        columns[4, j] = MIDDLE if math.isnan(g.x) or g.mode == REMOTE else 0.0
        columns[5, j], columns[6, j], columns[8, j] = g.first, g.last, g.mode
        columns[7, j] = 1 / (g.last - g.first + 1) if swapped else 1.0
        words[0, j], words[1, j] = g.category, g.resource
    return columns, words


@compiled
def _any(most: Vectors, need: float) -> bool:
    hits, least = np.int32(0), np.float32(need)
    for j in range(len(most)):
        hits += np.int32(1) if most[j] >= least else np.int32(0)
    return bool(hits > 0)


@compiled
def sift(dots: Vectors, asked: Columns, given: Columns, how: How, best: Best) -> None:
    """One block: what is better than a row's k best so far goes into them.

    dots (m, n): float32 products of the block; asked (m), given (n): its rows; best (m, k): -1 where nothing is yet.
    For each row first what its n scores can be at most, in three loops without a branch, so that they run eight pairs
    at a time (LLVM gives up on one loop over so many arrays). Then, pair by pair, only what can still get in.
    """
    rows, others, weights = asked[0], given[0], np.array(how[0], np.float32)
    columns, words = _as_columns(others, how[1])
    most = np.empty(len(others), np.float32)
    # The quantity may add its whole weight; 1e-6 is more than the rounding of a bound.
    spare = how[0][5] + how[0][0] * slack_of(asked[1].shape[1]) + 1e-6 * (1 + weights.sum())
    for i in range(len(rows)):
        requested = 1 if how[1] else rows[i].last - rows[i].first + 1
        _near_bound(most, rows[i], columns, weights[4])
        _window_bound(most, rows[i], columns, np.float32(weights[3] / requested))
        _text_bound(most, rows[i], dots[i], words, weights)
        for start in range(0, len(others), CHUNK):
            if _any(most[start : start + CHUNK], (best[0][i, -1] - 0.5) / UNITS - spare):
                for j in range(start, min(start + CHUNK, len(others))):
                    pair = rows[i], others[j]
                    if most[j] >= (best[0][i, -1] - 0.5) / UNITS - spare and is_open(pair, asked[2], given[2], 0.0):
                        _try(dots[i, j], pair, (asked[1][i], given[1][j]), how, (best[0][i], best[1][i]))


@compiled
def _try(dot: float, pair: Pair, vectors: tuple[Vectors, Vectors], how: How, best: Best) -> None:
    """The score, and a place among the best."""
    units = _units(dot, vectors, _terms(pair, km_of(pair), how), best[0][-1])
    if units >= 0:
        _push(best, units, pair[1].place)


@compiled
def scan(asked: Columns, given: Columns, rows: Integers, how: How, best: Best) -> None:
    """One listing against rows that are open to it."""
    x = asked[1][0]
    for row in rows:
        y = given[1][row]
        _try(np.dot(x, y), (asked[0][0], given[0][row]), (x, y), how, (best[0][0], best[1][0]))

"""Fitting the table of weights to labelled regions: logistic regression, each region held out in turn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sharing.matching.engine.gates import open_pairs
from sharing.matching.engine.match import Knowledge, Market, Pairs, components_of
from sharing.matching.engine.score import BIAS, LONE_BIAS, RIVAL_BIAS, RIVALS, Weights, leads, own_logits
from sharing.matching.labels import Expected

Matrix = NDArray[np.float64]

# Left as set. Labelled bundles say nothing about levels, dates of change and earlier answers; what a thesaurus keeps
# apart, what is refused and what is only a course are too rare in them to be learned, and must never speak for a pair.
# Shared n-grams are worth nothing where the thesaurus knows the subject, and all there is where it does not.
SET = {
    "grams": 2.0,
    "apart": -1.0,
    "refused": -1.5,
    "training": -0.7,
    "language": 0.0,
    "size": 0.3,
    "level": 0.5,
    "freshness": 0.3,
    "declined": -2.5,
}
RIDGE, RIVAL_RIDGE = 3.0, 0.1
STEPS, CLOSE = 100, 1e-9
SHARES, THINNINGS = (0.1, 0.2, 0.4), 3
DECOYS = 3  # for one true pair: about what a market of a few dozen listings has
OF_TEXT = frozenset({"meaning", "grams", "named", "topic", "apart", "refused", "training"})


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """All open pairs of one region with their components, and what its author says of them."""

    name: str
    pairs: Pairs
    components: Mapping[str, Matrix]
    good: NDArray[np.bool_]
    debatable: NDArray[np.bool_]


def lesson(name: str, market: Market, knowledge: Knowledge, expected: Expected) -> Lesson:
    r, o, km = open_pairs(market.requests, market.offers)
    pairs = Pairs(r, o, km, np.zeros(len(r)))
    ids = [(market.requests.facts[a].id, market.offers.facts[b].id) for a, b in zip(r, o, strict=True)]
    return Lesson(
        name,
        pairs,
        components_of(market, pairs, knowledge),
        np.array([pair in expected.good for pair in ids]),
        np.array([pair in expected.debatable for pair in ids]),
    )


def fit(lessons: Sequence[Lesson], weights: Weights) -> Weights:
    """New weights from labelled pairs, debatable ones left out; every pair counts the same.

    1. Own logit: ridge logistic regression of the labels on the standardised components, with `SET` added as given.
    2. Lone: logistic regression on the own logit of true pairs and of their decoys, see `_alone`.
    3. Rivals: logistic regression of the labels on own logit and leads, which makes the sum a probability. It learns
       from thinned regions, too: in a market that has just opened most listings have no true counterpart yet and hardly
       a rival, and to lead over nobody must not be enough.
    """
    names = [name for name in lessons[0].components if name not in SET]
    own = _own(names, lessons)
    while against := [name for name, weight in own.items() if weight < 0 and name != BIAS]:
        # Every component speaks for a pair; one that seems to speak against it only corrects another.
        names = [name for name in names if name not in against]
        own = _own(names, lessons)
    table = {name: own.get(name, 0.0) for name in lessons[0].components if name not in SET} | SET | {BIAS: own[BIAS]}
    fitted = replace(weights, own=table)
    markets = [*lessons, *(thin for one in lessons for thin in _thinned(one))]
    rival_slope, rival_bias = _logistic([_rivals(one, fitted) for one in markets], markets, RIVAL_RIDGE)
    rivals = dict(zip(RIVALS, map(float, rival_slope.round(4)), strict=True)) | {RIVAL_BIAS: round(rival_bias, 4)}
    pairs = [_alone(one) for one in lessons]
    lone_slope, lone_bias = _logistic(
        [own_logits(one.components, fitted)[:, None] for one in pairs], pairs, RIVAL_RIDGE
    )
    return replace(fitted, rivals=rivals, lone={"own": round(float(lone_slope[0]), 4), LONE_BIAS: round(lone_bias, 4)})


def _own(names: Sequence[str], lessons: Sequence[Lesson]) -> dict[str, float]:
    columns = [np.stack([one.components[name] for name in names], axis=1) for one in lessons]
    everything = np.concatenate(columns)
    mean, spread = everything.mean(axis=0), np.maximum(everything.std(axis=0), 1e-6)
    given = [_set_part(one) for one in lessons]
    slope, bias = _logistic([(c - mean) / spread for c in columns], lessons, RIDGE, offsets=given)
    weights = dict(zip(names, map(float, (slope / spread).round(4)), strict=True))
    return weights | {BIAS: round(bias - float(np.sum(slope * mean / spread)), 4)}


def _thinned(one: Lesson) -> Iterator[Lesson]:
    """The same region with few of its listings left, several times; the same ones at every call."""
    for number, share in enumerate(SHARES * THINNINGS):
        chance = np.random.default_rng(number)
        kept = chance.random(_size(one.pairs.r))[one.pairs.r] < share
        kept &= chance.random(_size(one.pairs.o))[one.pairs.o] < share
        if kept.any():
            components = {name: column[kept] for name, column in one.components.items()}
            yield Lesson(one.name, one.pairs.pick(kept), components, one.good[kept], one.debatable[kept])


def _alone(one: Lesson) -> Lesson:
    """True pairs and, for each, decoys: what speaks for the true pair by its facts, with the text of other offers.

    In a labelled region facts and texts agree more than in life, where two towns that know nothing of each other post
    in the same month, in the same field, for the same number of hours.
    """
    good = np.flatnonzero(one.good & ~one.debatable)
    wrong = np.flatnonzero(~one.good & ~one.debatable)
    likest = {r: wrong[one.pairs.r[wrong] == r] for r in set(one.pairs.r[good].tolist())}
    order = {r: rows[np.argsort(-one.components["category"][rows], kind="stable")] for r, rows in likest.items()}
    pairs = [(true, decoy) for true in good for decoy in order[int(one.pairs.r[true])][:DECOYS]]
    facts = np.array([*good, *(true for true, _ in pairs)], np.intp)
    texts = np.array([*good, *(decoy for _, decoy in pairs)], np.intp)
    components = {name: column[texts if name in OF_TEXT else facts] for name, column in one.components.items()}
    true = np.arange(len(facts)) < len(good)
    return Lesson(one.name, one.pairs.pick(facts), components, true, np.zeros(len(facts), bool))


def _size(places: NDArray[np.intp]) -> int:
    return int(places.max()) + 1


def _set_part(one: Lesson) -> Matrix:
    return np.asarray(sum(SET[name] * one.components[name] for name in SET))


def _rivals(one: Lesson, weights: Weights) -> Matrix:
    own, pairs = own_logits(one.components, weights), one.pairs
    return np.stack([own, leads(own, pairs.r, _size(pairs.r)), leads(own, pairs.o, _size(pairs.o))], 1)


def _logistic(
    columns: Sequence[Matrix], lessons: Sequence[Lesson], ridge: float, offsets: Sequence[Matrix] | None = None
) -> tuple[Matrix, float]:
    """Newton's method for ridge logistic regression: (weights, bias). The bias is not shrunk."""
    kept = [~one.debatable for one in lessons]
    x = np.concatenate([np.column_stack([c[k], np.ones(int(k.sum()))]) for c, k in zip(columns, kept, strict=True)])
    y = np.concatenate([one.good[k] for one, k in zip(lessons, kept, strict=True)]).astype(float)
    offset = np.concatenate([o[k] for o, k in zip(offsets, kept, strict=True)]) if offsets else np.zeros(len(y))
    penalty = np.diag([ridge] * (x.shape[1] - 1) + [1e-6])
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights + offset, -30, 30)))
        slope = x.T @ (chance - y) + penalty @ weights
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + penalty
        step = np.linalg.solve(curve, slope)
        weights -= step
        if np.abs(step).max() < CLOSE:
            break
    return weights[:-1], float(weights[-1])

"""From components to the probability that a coordinator would call a pair a match. All weights stand in one table."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
Places = NDArray[np.intp]

TABLE = Path(__file__).with_name("weights.csv")
DIGITS = 4  # of everything that is compared or stored
FLOOR = -6.0  # a pair below it is none
RIVAL = -3.0  # a rival below it counts as if it stood there
CLIP = 6.0  # no lead counts for more
BIAS, RIVAL_BIAS, LONE_BIAS = "bias", "rival_bias", "lone_bias"
RIVALS = ("own", "lead_of_request", "lead_of_offer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """`own` weighs the components (and `bias`), `rivals` the three columns of `RIVALS` (and `rival_bias`), `lone` the
    own logit (and `lone_bias`) of a pair where neither side has a rival.

    `suggest` and `notify` are probabilities, the same for every region.
    """

    own: Mapping[str, float]
    rivals: Mapping[str, float]
    lone: Mapping[str, float] = field(default_factory=dict)
    suggest: float = 0.001
    notify: float = 0.30
    most_per_listing: int = 20


@cache
def default_weights() -> Weights:
    """The table that ships: fitted by `manage.py calibrate` on labelled regions; what they cannot teach is set."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stages: dict[str, dict[str, float]] = {"own": {}, "rivals": {}, "lone": {}, "thresholds": {}}
    for row in rows:
        stages[row["stage"]][row["component"]] = float(row["weight"])
    return Weights(own=stages["own"], rivals=stages["rivals"], lone=stages["lone"], **stages["thresholds"])  # type: ignore[arg-type]


def own_logits(components: Mapping[str, Column], weights: Weights) -> Column:
    """bias + the sum of weight x component: what the two listings say by themselves. In the table's order, rounded."""
    total = sum((weight * components[name] for name, weight in weights.own.items() if name != BIAS), np.zeros(1))
    return np.asarray(np.round(total + weights.own[BIAS], DIGITS))


def leads(own: Column, group: Places, groups: int) -> Column:
    """How far each pair stands above the best other pair of its group (of its request, or of its offer).

    A true pair is usually each other's best: measured, that says as much as the text. A rival below `RIVAL` counts as
    one at `RIVAL`, which is about where the best wrong offer of a request stood in labelled regions. The lead lies in
    [-CLIP, CLIP].
    """
    best, second = np.full(groups, RIVAL), np.full(groups, RIVAL)
    order = np.lexsort((own, group))
    sorted_group, sorted_own = group[order], np.maximum(own[order], RIVAL)
    last = np.flatnonzero(np.append(np.diff(sorted_group) != 0, True)) if len(order) else np.empty(0, np.intp)
    best[sorted_group[last]] = sorted_own[last]
    has_second = last[last > 0]
    has_second = has_second[sorted_group[has_second - 1] == sorted_group[has_second]]
    second[sorted_group[has_second]] = sorted_own[has_second - 1]
    rival = np.where(np.maximum(own, RIVAL) >= best[group], second[group], best[group])
    return np.asarray(np.round(np.clip(own - rival, -CLIP, CLIP), DIGITS))


def probabilities(own: Column, r: Places, o: Places, weights: Weights) -> Column:
    """The probability of each pair, rounded. All open pairs that matter of each request and offer must be there.

    sigmoid(rival_bias + a own + b lead of request + c lead of offer), where one of the two has another pair.
    Else nobody has been led over, and the facts of two strangers next door fit easily: at most
    sigmoid(lone_bias + d own).
    """
    total = _rivalled(own, leads(own, r, _groups(r)), leads(own, o, _groups(o)), weights)
    if weights.lone:
        alone = (np.bincount(r)[r] == 1) & (np.bincount(o)[o] == 1) if len(own) else np.zeros(0, bool)
        total = np.where(alone, np.minimum(total, weights.lone[LONE_BIAS] + weights.lone["own"] * own), total)
    return _sigmoid(total)


def shared_probabilities(own: Column, group: Places, weights: Weights, *, shared: str) -> Column:
    """As `probabilities`, where one side may be in several pairs at once, so that these are no rivals to each other.

    `shared` names that side's lead in `RIVALS`; `group` are the places of the other side.
    """
    free, bound = np.clip(own - RIVAL, -CLIP, CLIP), leads(own, group, _groups(group))
    of_request, of_offer = (free, bound) if shared == RIVALS[1] else (bound, free)
    return _sigmoid(_rivalled(own, of_request, of_offer, weights))


def _rivalled(own: Column, of_request: Column, of_offer: Column, weights: Weights) -> Column:
    columns = zip(RIVALS, (own, of_request, of_offer), strict=True)
    return np.asarray(weights.rivals[RIVAL_BIAS] + sum(weights.rivals[name] * column for name, column in columns))


def _sigmoid(logits: Column) -> Column:
    return np.asarray(np.round(1 / (1 + np.exp(-np.clip(logits, -30, 30))), DIGITS))


def _groups(places: Places) -> int:
    return int(places.max()) + 1 if len(places) else 0

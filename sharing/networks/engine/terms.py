"""The kinds of proposal, and the rules they are made by. All numbers a site may want to change stand here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sharing.listings.terms import HOURS_PER_FTE
from sharing.matching.engine.facts import EURO, RATE


class Kind(StrEnum):
    SWAP = "swap"
    RING = "ring"
    CAPACITY_POOL = "capacity_pool"  # one offer serves several requests
    SUPPLY_POOL = "supply_pool"  # several offers together serve one request
    DEMAND_POOL = "demand_pool"  # several requests together justify one post, machine or purchase
    CONSORTIUM = "consortium"  # a project, its lead and what the others bring in


@dataclass(frozen=True, slots=True)
class Band:
    """What the requests of a demand pool must come to together, in the measure of their kind; `whole` is what they
    come to when nothing is left over."""

    least: float
    most: float
    whole: float = float("nan")

    def exact(self, total: NDArray[np.float64]) -> NDArray[np.bool_]:
        return np.asarray(np.abs(total - self.whole) <= EXACT * self.whole)


EXACT = 0.025  # 20 and 19.5 hours make one post in Austria, too, where a full week has 40
POST = float(HOURS_PER_FTE)

# A post that somebody applies for is a whole one, and what is a little more than one is still one post. A purchase has
# no natural size: what two put into their plans for the same thing is worth talking about.
BANDS: Mapping[int, Band] = {
    RATE: Band(0.8 * POST, 1.05 * POST, whole=POST),
    EURO: Band(1.0, float("inf")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`acceptance`: chance that one more member of a ring says yes.

    Probabilities: `leg` of a leg that stands for itself, `answered` of one that serves its request whole, so that it
    needs no pool, `hint` of one in a circle that is only a remark, `closing` of one in a ring whose legs are `ring` on
    the whole; `sure` of one in a capacity pool that needs no request beside it that is `near`, that is, wants the same;
    `like` for any two requests of a demand pool, `kin` for all of them on the whole, `kin_whole` where they make one
    post to the hour, which seldom happens by chance.
    """

    longest_ring: int = 4
    most_members: int = 6
    acceptance: float = 0.97
    leg: float = 0.2
    answered: float = 0.2
    hint: float = 0.5
    closing: float = 0.04
    ring: float = 0.45
    sure: float = 0.8
    near: float = 0.1
    like: float = 0.03
    kin: float = 0.3
    kin_whole: float = 0.035
    diameter_km: float = 60.0
    common_days: int = 180
    bands: Mapping[int, Band] = field(default_factory=lambda: BANDS)

"""Facts that rule a pair out, whatever its score would be."""

import numpy as np
from numpy.typing import NDArray

from sharing.listings.terms import Consideration, Mode, Visibility
from sharing.matching.engine.facts import VISIBILITIES, Codes, Fact, Side, side_of

EARTH_RADIUS_KM = 6371.0088

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]


def open_pairs(requests: Side, offers: Side) -> tuple[Places, Places, NDArray[np.float64]]:
    """The pairs that no gate closes, as three arrays of one length: place of the request, of the offer, and their km.

    1. Own listing: the same administration acts for both owners.
    2. Sale: selling is not sharing.
    3. Window: no common day.
    4. Mode: one side insists on meeting on site, the other works remotely only.
    5. Visibility, both ways: each owner may see the other's listing.
    6. Radius, both ways and in every mode: the distance is within each of the two. Where a place is unknown there
       is no distance, so only a pair without any limit passes.
    """
    mask = _may_meet(requests, offers) & sees(requests, offers) & sees(offers, requests).T
    return within_reach(requests, offers, *np.nonzero(mask))


def within_reach(requests: Side, offers: Side, r: Places, o: Places) -> tuple[Places, Places, NDArray[np.float64]]:
    """The last gate alone, of pairs that have passed the others."""
    km = distances(requests, offers, r, o)
    reach = np.minimum(requests.radius[r], offers.radius[o])
    inside = np.isinf(reach) | (km <= reach)
    return r[inside], o[inside], km[inside]


def closed_by(request: Fact, offer: Fact) -> str:
    """The first gate that closes this pair, in one word for an operator; empty where none does."""
    codes = Codes()
    one, other = side_of([request], codes), side_of([offer], codes)
    km = float(distances(one, other, np.zeros(1, np.intp), np.zeros(1, np.intp))[0])
    reach = float(min(one.radius[0], other.radius[0]))
    gates = {
        "same_administration": request.owner.acting == offer.owner.acting,
        "sale": Consideration.SALE in request.considerations | offer.considerations,
        "no_common_day": request.first_day > offer.last_day or offer.first_day > request.last_day,
        "mode": {request.mode, offer.mode} == {Mode.ON_SITE, Mode.REMOTE},
        "not_visible": not (sees(one, other).all() and sees(other, one).all()),
        "too_far": not np.isinf(reach) and not km <= reach,
    }
    return next((name for name, closed in gates.items() if closed), "")


def distances(requests: Side, offers: Side, r: Places, o: Places) -> NDArray[np.float64]:
    """Great-circle kilometres of each pair, NaN if unknown. Haversine in float64: float32 is off by up to 2 km."""
    lat_r, lat_o = np.radians(requests.latitude)[r], np.radians(offers.latitude)[o]
    lon_r, lon_o = np.radians(requests.longitude)[r], np.radians(offers.longitude)[o]
    h = np.sin((lat_r - lat_o) / 2) ** 2 + np.cos(lat_r) * np.cos(lat_o) * np.sin((lon_r - lon_o) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(h, 0, 1))))


def _may_meet(requests: Side, offers: Side) -> Mask:
    mask = requests.acting[:, None] != offers.acting
    mask &= ~requests.sale[:, None] & ~offers.sale
    mask &= requests.first_day[:, None] <= offers.last_day
    mask &= requests.last_day[:, None] >= offers.first_day
    mask &= ~(requests.on_site[:, None] & offers.remote)
    mask &= ~(requests.remote[:, None] & offers.on_site)
    return np.asarray(mask)


def sees(viewers: Side, shown: Side) -> Mask:
    """(viewers, shown): may the owner of the one see the other?"""
    mask = np.tile(_is(shown, Visibility.ALL), (len(viewers), 1))
    mask |= _is(shown, Visibility.STATE) & (viewers.state[:, None] == shown.state)
    mask |= _is(shown, Visibility.DISTRICT) & (viewers.district[:, None] == shown.district)
    for place in np.flatnonzero(_is(shown, Visibility.NAMED)):
        mask[:, place] = np.isin(viewers.owner, list(shown.audience[place]))
    return mask


def _is(side: Side, visibility: Visibility) -> Mask:
    return np.asarray(side.visibility == VISIBILITIES.index(visibility))

"""A network as each of its members sees it: what it gives and gets, from whom and why, and what is missing."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from sharing.listings.models import Listing
from sharing.listings.terms import Direction, Unit
from sharing.matching.engine.facts import MEASURES, NO_MEASURE
from sharing.matching.models import Match
from sharing.matching.wording import amount, kilometres, sentences
from sharing.municipalities.models import Organisation
from sharing.networks.models import Leg, Network
from sharing.networks.rules import REMINDED
from sharing.networks.terms import Kind, State

OF_SUBJECT = frozenset({"concept", "shared_words", "same_category", "similar_text"})


@dataclass(frozen=True, slots=True)
class Deal:
    """One thing that is given, or got: `quantity` in `unit`, the share of the request that it covers, why in words."""

    listing: Listing
    counterpart: Listing
    partner: Organisation
    quantity: float | None
    unit: str | None
    covered: float | None
    km: float | None
    why: tuple[str, ...]

    @property
    def summary(self) -> str:
        """“5 hours a week, 12 km away”; empty where neither is known."""
        parts = [] if self.quantity is None else [amount(self.quantity, self.unit)]
        return ", ".join([*parts, *([] if self.km is None else [kilometres(self.km)])])


@dataclass(frozen=True, slots=True)
class Story:
    """A network as one member sees it; `missing`, `surplus` and `benefits` are of the whole network."""

    own: tuple[Listing, ...]
    gives: tuple[Deal, ...]
    gets: tuple[Deal, ...]
    together: str  # what a joint need comes to, such as “1 full-time equivalents”; else empty
    missing: tuple[str, ...]
    surplus: tuple[str, ...]
    left_out: tuple[str, ...]  # for who gives: whose request no longer fits
    due: tuple[str, ...]  # declarations of one's own that end soon
    benefits: tuple[tuple[Listing, str], ...]
    partners: tuple[Organisation, ...]

    @property
    def names(self) -> str:
        """Of the partners, in one line."""
        return ", ".join(partner.name for partner in self.partners)


def stories(networks: Sequence[Network], organisation_ids: Collection[UUID], *, today: date) -> list[Story]:
    """Of many at once, each in short: without what no longer fits. Fetch them with `whole()`; one more query."""
    why = _reasons([leg for network in networks for leg in network.legs.all()])
    return [_told(network, organisation_ids, why, today=today) for network in networks]


def story(network: Network, organisation_ids: Collection[UUID], *, today: date) -> Story:
    """As members of these organisations see it. Fetch it with `whole()`; two more queries."""
    legs = list(network.legs.all())
    told = _told(network, organisation_ids, _reasons(legs), today=today)
    return replace(told, left_out=tuple(_left_out(network, legs, organisation_ids)))


def _told(network: Network, organisation_ids: Collection[UUID], why: "Reasons", *, today: date) -> Story:
    legs = list(network.legs.all())
    listings = [share.listing for share in network.shares.all()]
    return Story(
        own=tuple(listing for listing in listings if listing.owner_id in organisation_ids),
        gives=tuple(_given(leg, why) for leg in legs if leg.offer.owner_id in organisation_ids),
        gets=tuple(_got(leg, why) for leg in legs if leg.request.owner_id in organisation_ids),
        together=_together(network, listings),
        missing=tuple(_missing(legs)),
        surplus=tuple(_surplus(network)),
        left_out=(),
        due=tuple(_due(network, organisation_ids, soon=today + REMINDED)),
        benefits=tuple((listing, listing.benefit) for listing in listings if listing.benefit),
        partners=tuple(
            p.organisation
            for p in sorted(network.participants.all(), key=lambda p: (p.organisation.name, p.pk))
            if p.organisation_id not in organisation_ids and p.is_seated
        ),
    )


def quantity_of(leg: Leg) -> str:
    """What the leg takes of its offer; empty where nobody can tell."""
    return "" if leg.taken is None else amount(leg.taken, leg.offer.unit)


Reasons = dict[tuple[UUID, UUID], tuple[str, ...]]


def _reasons(legs: Sequence[Leg]) -> Reasons:
    """The subject of each leg in a sentence, from its match."""
    pairs = Q(*(Q(request=leg.request_id, offer=leg.offer_id) for leg in legs), _connector=Q.OR)
    rows = Match.objects.filter(pairs).values_list("request", "offer", "reasons") if legs else []
    return {(r, o): tuple(sentences([x for x in reasons if x["code"] in OF_SUBJECT])) for r, o, reasons in rows}


def _given(leg: Leg, why: Reasons) -> Deal:
    return Deal(
        listing=leg.offer,
        counterpart=leg.request,
        partner=leg.request.owner,
        quantity=leg.taken,
        unit=leg.offer.unit,
        covered=leg.covered,
        km=leg.km,
        why=why.get((leg.request_id, leg.offer_id), ()),
    )


def _got(leg: Leg, why: Reasons) -> Deal:
    asked = leg.request.quantity
    return Deal(
        listing=leg.request,
        counterpart=leg.offer,
        partner=leg.offer.owner,
        quantity=None if asked is None or leg.covered is None else float(asked) * leg.covered,
        unit=leg.request.unit,
        covered=leg.covered,
        km=leg.km,
        why=why.get((leg.request_id, leg.offer_id), ()),
    )


def _together(network: Network, listings: Sequence[Listing]) -> str:
    """What the requests of a joint need come to, in the unit of the first."""
    if network.kind != Kind.DEMAND_POOL:
        return ""
    sizes = [(MEASURES[Unit(one.unit)], float(one.quantity)) for one in listings if one.unit and one.quantity]
    if not sizes or len({kind for (kind, _), _ in sizes}) > 1:
        return ""
    unit = next(one.unit for one in listings if one.unit)
    return amount(sum(size * quantity for (_, size), quantity in sizes) / MEASURES[Unit(unit)][1], unit)


def _missing(legs: Sequence[Leg]) -> Iterator[str]:
    """“0.25 of 0.5 full-time equivalents covered”, for each request that is not served whole."""
    covered = dict[UUID, float]()
    for leg in legs:
        covered[leg.request_id] = covered.get(leg.request_id, 0.0) + (1.0 if leg.covered is None else leg.covered)
    for listing in {leg.request_id: leg.request for leg in legs}.values():
        if (share := round(covered[listing.id], 3)) < 1 and listing.quantity is not None:
            yield _("“%(title)s”: %(covered)s of %(asked)s are covered.") % {
                "title": listing.title,
                "covered": amount(round(share * float(listing.quantity), 2), None),
                "asked": amount(float(listing.quantity), listing.unit),
            }


def _left_out(network: Network, legs: Sequence[Leg], own: Collection[UUID]) -> Iterator[str]:
    """Who was matched with a shared offer, is not in it, and needs more than is left: for the giver only."""
    if network.kind != Kind.CAPACITY_POOL or not legs or legs[0].offer.owner_id not in own:
        return
    offer, inside = legs[0].offer, [leg.request_id for leg in legs]
    taken = sum(share.quantity or 0 for share in network.shares.all() if share.listing_id == offer.id)
    others = Match.objects.shown().filter(offer=offer, notify=True).exclude(request__in=inside)
    for match in others.select_related("request__owner").order_by("-score", "id"):
        needed = match.request.quantity or 0
        if match.request.unit == offer.unit and needed > (offer.quantity or 0) - taken:
            yield _("“%(title)s” (%(owner)s): %(needed)s no longer fit.") % {
                "title": match.request.title,
                "owner": match.request.owner.name,
                "needed": amount(float(needed), match.request.unit),
            }


def _due(network: Network, own: Collection[UUID], *, soon: date) -> Iterator[str]:
    for member in network.participants.all():
        until = member.declared_until if member.organisation_id in own else None
        if network.state == State.ACTIVE and until and until <= soon:
            yield _("Please renew the declaration of %(name)s: it holds until %(day)s.") % {
                "name": member.organisation.name,
                "day": date_format(until, "SHORT_DATE_FORMAT"),
            }


def _surplus(network: Network) -> Iterator[str]:
    """What is left of the offers that can be divided."""
    for share in network.shares.all():
        listing = share.listing
        if listing.direction != Direction.OFFER or share.quantity is None or listing.quantity is None:
            continue
        left = listing.quantity - share.quantity
        if left > Decimal("0.01") and listing.unit and MEASURES[Unit(listing.unit)][0] != NO_MEASURE:
            yield _("“%(title)s” – still free: %(left)s") % {
                "title": listing.title,
                "left": amount(float(left), listing.unit),
            }

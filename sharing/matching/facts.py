"""From rows to what the engine takes: the only place where both are known."""

from collections.abc import Iterable

from sharing.listings.models import Listing
from sharing.matching.engine.facts import Fact, Owner, fact_of
from sharing.municipalities.models import Organisation


def facts_of(listings: Iterable[Listing]) -> list[Fact]:
    """Engine input for published listings; fetch `owner` and `audience` along."""
    owners: dict[str, Owner] = {}
    facts = []
    for listing in listings:
        key = str(listing.owner_id)
        if key not in owners:
            owners[key] = _owner(listing.owner)
        changed = listing.published_at.date().toordinal() if listing.published_at else None
        facts.append(fact_of(listing.draft, id=str(listing.id), owner=owners[key], changed=changed))
    return facts


def _owner(organisation: Organisation) -> Owner:
    return Owner(
        id=str(organisation.id),
        country=organisation.country,
        state=organisation.state,
        district=organisation.district,
        latitude=organisation.latitude,
        longitude=organisation.longitude,
        population=organisation.population,
        administration=str(organisation.administered_by_id or ""),
    )

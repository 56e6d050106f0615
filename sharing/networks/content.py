"""What members accept: a network's content as data, its hash, and what differs between two of them."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sharing.errors import Conflict, say
from sharing.listings.models import Listing
from sharing.networks.models import Content, Network, Share

Data = Mapping[str, Any]
OF_LISTING = (
    "direction", "title", "description", "category_id", "quantity", "unit", "starts_on", "ends_on", "mode",
    "considerations",
)  # fmt: skip


class ContentChanged(Conflict):
    """Somebody answers to what no longer stands; `changes` say what has become of it."""

    def __init__(self, changes: list[dict[str, Any]]) -> None:
        message = say("This network has changed since you looked at it. Look at it again.")
        super().__init__("content_changed", message)
        self.changes = changes


def content_of(network: Network) -> dict[str, Any]:
    """Kind, lead and terms, every listing as it reads now with the share that is taken, and who gives what to whom."""
    shares = network.shares.select_related("listing").order_by("listing")
    return {
        "kind": network.kind,
        "lead": str(network.lead_id),
        "terms": network.terms,
        "least_members": network.least_members,
        "least_hours": _plain(network.least_hours),
        "starts_by": _plain(network.starts_by),
        "listings": {str(share.listing_id): _listing(share.listing, share) for share in shares},
        "legs": [[str(leg.offer_id), str(leg.request_id)] for leg in network.legs.order_by("place")],
    }


def hash_of(content: Data) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def keep(network: Network, *, now: datetime) -> bool:
    """Bring the network's hash in line with its content, and remember that; says whether it has changed."""
    content = content_of(network)
    found = hash_of(content)
    if found == network.content_hash:
        return False
    network.content_hash = found
    network.contents.get_or_create(content_hash=found, defaults={"content": content, "made_at": now})
    return True


def changes_since(network: Network, content_hash: str) -> list[dict[str, Any]]:
    """What differs from what somebody saw, as data: see `differences`. Unknown hashes: everything is new."""
    seen = Content.objects.filter(network=network, content_hash=content_hash).first()
    return list(differences(seen.content if seen else {}, content_of(network)))


def differences(old: Data, new: Data) -> Iterator[dict[str, Any]]:
    """`agreement` with the fields that changed; `listing_changed`, `listing_added`, `listing_left` with the title."""
    fields = [name for name in new if name not in ("listings", "legs") and old.get(name) != new[name]]
    if fields:
        yield {"code": "agreement", "fields": fields}
    before, after = old.get("listings", {}), new["listings"]
    for id_ in sorted({*before, *after}):
        one, other = before.get(id_), after.get(id_)
        if one is None or other is None:
            code = "listing_added" if one is None else "listing_left"
            yield {"code": code, "listing": id_, "title": (one or other)["title"]}
        elif changed := [name for name in other if one.get(name) != other[name]]:
            yield {"code": "listing_changed", "listing": id_, "title": other["title"], "fields": changed}


def _listing(listing: Listing, share: Share) -> dict[str, Any]:
    told = {name: _plain(getattr(listing, name)) for name in OF_LISTING}
    return told | {"owner": str(listing.owner_id), "share": _plain(share.quantity)}


def _plain(value: Any) -> Any:
    """As JSON has it; a decimal the same whether it comes from a form or from a row."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, list):
        return sorted(value)
    return str(value) if isinstance(value, date) else value

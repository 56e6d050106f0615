"""Every model, gathered where Django looks for them."""

from sharing.digests.models import Digest, Notice, Subscription
from sharing.events import Event
from sharing.listings.models import Listing
from sharing.matching.models import Dismissal, Match, TextVector
from sharing.matching.proposals import Proposal
from sharing.matching.rebuild import Tile
from sharing.municipalities.models import Department, Member, Membership, OfficialKey, Organisation
from sharing.municipalities.tokens import ApiToken
from sharing.pulse import Pulse
from sharing.taxonomy.models import Category, Concept

__all__ = [
    "ApiToken",
    "Category",
    "Concept",
    "Department",
    "Digest",
    "Dismissal",
    "Event",
    "Listing",
    "Match",
    "Member",
    "Membership",
    "Notice",
    "OfficialKey",
    "Organisation",
    "Proposal",
    "Pulse",
    "Subscription",
    "TextVector",
    "Tile",
]

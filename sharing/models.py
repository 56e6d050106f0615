"""Every model, gathered where Django looks for them."""

from sharing.digests.models import Digest, Notice, Subscription
from sharing.events import Event
from sharing.listings.models import Listing
from sharing.matching.models import Dismissal, Match, TextVector
from sharing.matching.proposals import Proposal
from sharing.matching.rebuild import Tile
from sharing.municipalities.models import Department, Member, Membership, OfficialKey, Organisation
from sharing.municipalities.tokens import ApiToken
from sharing.networks.models import Content, Leg, Network, Participant, Refusal, Share, WorkingGroup
from sharing.networks.runs import Part, Run
from sharing.pulse import Pulse
from sharing.taxonomy.models import Category, Concept

__all__ = [
    "ApiToken",
    "Category",
    "Concept",
    "Content",
    "Department",
    "Digest",
    "Dismissal",
    "Event",
    "Leg",
    "Listing",
    "Match",
    "Member",
    "Membership",
    "Network",
    "Notice",
    "OfficialKey",
    "Organisation",
    "Part",
    "Participant",
    "Proposal",
    "Pulse",
    "Refusal",
    "Run",
    "Share",
    "Subscription",
    "TextVector",
    "Tile",
    "WorkingGroup",
]

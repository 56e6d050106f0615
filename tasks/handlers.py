"""What follows from what: the whole of the site's background reactions, on one page."""

from collections.abc import Mapping, Sequence

from sharing.digests.actions import owe_notices
from sharing.events import Handler
from sharing.matching.actions import learn_from_answers, match_listings, match_listings_of
from sharing.matching.proposals import propose_from_answers
from sharing.matching.rebuild import ask_for_rebuild

HANDLERS: Mapping[str, Sequence[Handler]] = {
    "listing.published": [match_listings],
    "listing.changed": [match_listings],
    "listing.paused": [match_listings],
    "listing.fulfilled": [match_listings],
    "listing.withdrawn": [match_listings],
    "listing.expired": [match_listings],
    "organisation.changed": [match_listings_of],
    "match.suggested": [owe_notices],
    "match.dismissed": [learn_from_answers, propose_from_answers],
    "concept.added": [ask_for_rebuild],
    "concept.changed": [ask_for_rebuild],
}

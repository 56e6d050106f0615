"""What follows from what: the whole of the site's background reactions, on one page."""

from collections.abc import Mapping, Sequence

from sharing.digests.actions import owe_network_notices, owe_notices
from sharing.events import Handler
from sharing.matching.actions import learn_from_answers, match_listings, match_listings_of
from sharing.matching.proposals import propose_from_answers
from sharing.matching.rebuild import ask_for_rebuild
from sharing.networks.follow import follow_listings, follow_organisations, repair_declined
from sharing.networks.runs import ask_for_proposals, ask_for_proposals_from, ask_for_proposals_of

HANDLERS: Mapping[str, Sequence[Handler]] = {
    "listing.published": [match_listings, follow_listings, ask_for_proposals],
    "listing.changed": [match_listings, follow_listings, ask_for_proposals],
    "listing.paused": [match_listings, follow_listings, ask_for_proposals],
    "listing.fulfilled": [match_listings, follow_listings, ask_for_proposals],
    "listing.withdrawn": [match_listings, follow_listings, ask_for_proposals],
    "listing.expired": [match_listings, follow_listings, ask_for_proposals],
    "organisation.changed": [match_listings_of, follow_organisations, ask_for_proposals_from],
    "match.suggested": [owe_notices],
    "match.dismissed": [learn_from_answers, propose_from_answers],
    "network.proposed": [owe_network_notices],
    "network.repaired": [owe_network_notices, ask_for_proposals_of],
    "network.changed": [owe_network_notices],
    "network.accepted": [owe_network_notices, ask_for_proposals_of],
    "network.declined": [repair_declined],
    "network.agreed": [owe_network_notices],
    "network.started": [owe_network_notices],
    "network.joined": [owe_network_notices],
    "network.concluded": [owe_network_notices, ask_for_proposals_of],
    "network.left": [owe_network_notices],
    "network.renewal_due": [owe_network_notices],
    "network.shrunk": [owe_network_notices, ask_for_proposals_of],
    "network.dissolved": [owe_network_notices, ask_for_proposals_of],
    "concept.added": [ask_for_rebuild],
    "concept.changed": [ask_for_rebuild],
}

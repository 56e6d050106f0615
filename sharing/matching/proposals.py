"""What coordinators' answers teach the thesaurus: which two concepts may have been taken for one another."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor
from sharing.listings.models import Listing
from sharing.matching.engine.match import Knowledge
from sharing.matching.facts import facts_of
from sharing.matching.known import knowledge, read
from sharing.matching.models import Dismissal, Match
from sharing.taxonomy.actions import keep_apart
from sharing.taxonomy.models import Concept

SURE = 0.5  # probability from which on a listing counts as being about a concept


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def open(self) -> "ProposalQuerySet":
        """Not yet decided, the most answered first."""
        return self.filter(decided_at=None).annotate(answers=models.Count("matches")).order_by("-answers", "id")


class Proposal(models.Model):
    """“Something else”, said of a match between these two: perhaps the thesaurus should keep them apart."""

    one = models.ForeignKey(Concept, models.CASCADE, related_name="+", help_text=_("What the request is about."))
    other = models.ForeignKey(Concept, models.CASCADE, related_name="+", help_text=_("What the offer is about."))
    matches = models.ManyToManyField(Match, related_name="+", help_text=_("The matches that were answered so."))
    decided_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True, blank=True)

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["one", "other"], name="proposal_once_per_pair")]

    def __str__(self) -> str:
        return f"{self.one} ≠ {self.other}"


@transaction.atomic
def propose_from_answers(match_ids: Sequence[UUID], /, *, now: datetime) -> int:
    """Note which concepts the two sides of a match speak of that was answered with “something else”."""
    answered = Dismissal.objects.filter(match__in=match_ids, reason=Dismissal.Reason.OTHER_TASK)
    matches = list(Match.objects.filter(id__in=answered.values("match")).order_by("id"))
    subjects = _subjects({id_ for match in matches for id_ in (match.request_id, match.offer_id)}, knowledge())
    noted = 0
    for match in matches:
        one, other = subjects.get(str(match.request_id)), subjects.get(str(match.offer_id))
        if one and other and one != other and other not in one.not_same_as.all():
            Proposal.objects.get_or_create(one=one, other=other)[0].matches.add(match)
            noted += 1
    return noted


@transaction.atomic
def decide(proposal_ids: Sequence[int], *, accept: bool, by: Actor, now: datetime) -> int:
    """Keep the concepts of some open proposals apart from now on, or let them be. Returns how many were open."""
    found = Proposal.objects.filter(id__in=proposal_ids, decided_at=None).select_for_update(of=("self",), no_key=True)
    proposals = list(found.select_related("one", "other").order_by("id"))
    for proposal in proposals:
        proposal.decided_at, proposal.accepted = now, accept
        proposal.save(update_fields=["decided_at", "accepted"])
        if accept:
            keep_apart(proposal.one_id, proposal.other_id, by=by)
    return len(proposals)


def _subjects(listing_ids: set[UUID], known: Knowledge) -> dict[str, Concept]:
    """The concept each listing is surely about, by the listing's id."""
    listings = Listing.objects.for_matching().filter(id__in=listing_ids, starts_on__isnull=False)
    found = read(facts_of(listings), known)
    keys = {
        id_: known.concepts.meanings[int(np.argmax(reading.topics))].key
        for id_, reading in found.items()
        if len(reading.topics) and float(reading.topics.max()) ** 2 >= SURE
    }
    concepts = {
        concept.key or str(concept.id): concept
        for concept in Concept.objects.keyed(set(keys.values())).prefetch_related("not_same_as")
    }
    return {id_: concepts[key] for id_, key in keys.items() if key in concepts}

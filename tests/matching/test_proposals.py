"""“Something else” teaches the thesaurus: two concepts are proposed to be kept apart, and an operator decides."""

import pytest
from django.utils import timezone

from sharing.actors import SYSTEM
from sharing.matching.proposals import decide, propose_from_answers
from sharing.models import Concept, Dismissal, Event, Match, Proposal
from tests import factories
from tests.factories import SWEEPER, SWEEPING

NOW = timezone.now()
PAYROLL = {"category": "PER", "resource": "expertise", "keywords": ()}


@pytest.fixture
def answered(db):
    """A match of two different things, answered with “something else”."""
    offer = factories.published(SWEEPER, title="Stellenbewertung", description="Stellen bewerten.", **PAYROLL)
    request = factories.published(SWEEPING, title="Personalabrechnung", description="Gehälter zahlen.", **PAYROLL)
    match = Match.objects.create(request=request, offer=offer, score=0.4, notify=True, partial=False, found_at=NOW)
    Dismissal.objects.create(match=match, organisation=request.owner, reason="other_task", dismissed_at=NOW)
    return match


def test_the_two_subjects_are_proposed_once_however_often_it_runs(answered):
    Concept.objects.get(key="payroll").not_same_as.clear()
    for _ in range(2):
        propose_from_answers([answered.id], now=NOW)
    [proposal] = Proposal.objects.open()
    assert (proposal.one.key, proposal.other.key, proposal.answers) == ("payroll", "job-evaluation", 1)


def test_what_is_kept_apart_already_is_not_proposed(answered):
    Concept.objects.get(key="payroll").not_same_as.add(Concept.objects.get(key="job-evaluation"))
    assert propose_from_answers([answered.id], now=NOW) == 0
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("accept", [True, False])
def test_an_operator_decides_once(answered, accept):
    Concept.objects.get(key="payroll").not_same_as.clear()
    propose_from_answers([answered.id], now=NOW)
    ids = list(Proposal.objects.values_list("id", flat=True))
    assert [decide(ids, accept=accept, by=SYSTEM, now=NOW) for _ in range(2)] == [1, 0]
    assert Concept.objects.get(key="payroll").not_same_as.filter(key="job-evaluation").exists() is accept
    assert Event.objects.filter(kind="concept.changed").exists() is accept


def test_another_reason_proposes_nothing(answered):
    answered.dismissals.update(reason="too_far")
    assert propose_from_answers([answered.id], now=NOW) == 0

"""What members do with a network: accept, decline, ask for a change, join, leave, end it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sharing.actors import SYSTEM, Actor, Role
from sharing.errors import NotThere, RuleBroken
from sharing.events import emit
from sharing.listings.models import Listing
from sharing.matching.engine.facts import RATE
from sharing.matching.facts import facts_of
from sharing.municipalities.models import Organisation
from sharing.networks import rules
from sharing.networks.content import ContentChanged, changes_since, content_of, hash_of, keep
from sharing.networks.holding import check_free, lock, reopen, touch
from sharing.networks.joining import add
from sharing.networks.models import Network, Participant, WorkingGroup
from sharing.networks.publishing import withdraw
from sharing.networks.repair import remember_refusal, repair
from sharing.networks.rules import Agreement
from sharing.networks.terms import Answer, State


@transaction.atomic
def accept(
    network_id: UUID,
    *,
    organisation_id: UUID,
    content_hash: str,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """Say yes to the content as it was seen. The first yes reserves the listings, the last one makes an agreement."""
    by.require(Role.EDITOR, organisation_id)
    network = lock(network_id, version=version)
    me = _participant(network, organisation_id)
    rules.check_state(State(network.state), {State.PROPOSED, State.UNDER_DISCUSSION})
    if content_hash != hash_of(content_of(network)):
        raise ContentChanged(changes_since(network, content_hash))
    check_free(network)
    _answer(me, Answer.ACCEPTED, by=by, now=now, accepted_hash=content_hash)
    emit("network.accepted", network.id, by=by, data={"organisation": str(organisation_id)})
    if network.state == State.PROPOSED:
        _move(network, State.UNDER_DISCUSSION, now=now, hint=False)
    return _agreed(network, now=now)


@transaction.atomic
def decline(
    network_id: UUID,
    *,
    organisation_id: UUID,
    reason: str,
    comment: str = "",
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """Say no, with a reason. Somebody else steps in, if there is anybody; else the network is given up."""
    by.require(Role.EDITOR, organisation_id)
    network = lock(network_id, version=version)
    me = _participant(network, organisation_id)
    rules.check_state(State(network.state), rules.TALKING)
    _answer(me, Answer.DECLINED, by=by, now=now, reason=reason, comment=comment)
    remember_refusal(network, organisation_id)
    emit("network.declined", network.id, by=by, data={"organisation": str(organisation_id), "reason": reason})
    return repair(network, {organisation_id}, reason="declined", now=now)


@transaction.atomic
def ask_for_change(
    network_id: UUID,
    agreement: Agreement,
    *,
    organisation_id: UUID,
    comment: str = "",
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """Change what members settle among themselves. Every acceptance is open again, the asker's own as well."""
    by.require(Role.EDITOR, organisation_id)
    network = lock(network_id, version=version)
    me = _participant(network, organisation_id)
    rules.check_state(State(network.state), rules.TALKING)
    rules.check_agreement(agreement, _members(network), today=now.date())
    if network.state == State.PROPOSED:  # else the next run might withdraw what members are settling
        check_free(network)
        _move(network, State.UNDER_DISCUSSION, now=now, hint=False)
    network.lead_id, network.terms = agreement.lead, agreement.terms
    network.least_members, network.least_hours = agreement.least_members, agreement.least_hours
    network.starts_by = agreement.starts_by
    if not keep(network, now=now):
        raise RuleBroken("nothing_changed", "This is what the network says already.")
    me.comment = comment
    me.save(update_fields=["comment"])
    reopen(network, now=now)
    emit("network.changed", network.id, by=by, data={"organisation": str(organisation_id), "comment": comment})
    return network


@transaction.atomic
def join(
    network_id: UUID,
    *,
    listing_id: UUID,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """Come along later with a request (shared offer) or an offer (joint project), as long as there is room."""
    network = lock(network_id, version=version, also=[listing_id])
    listing = Listing.objects.select_related("owner").get(id=listing_id)
    by.require(Role.EDITOR, listing.owner_id)
    rules.check_state(State(network.state), {State.AGREED, State.ACTIVE})
    add(network, listing, by=by, now=now)
    emit("network.joined", network.id, by=by, data={"organisation": str(listing.owner_id)})
    return _started(network, now=now) if network.state == State.AGREED else network


@transaction.atomic
def leave(
    network_id: UUID,
    *,
    organisation_id: UUID,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """Give notice: the organisation stays until the notice is over, and the others know from now on."""
    by.require(Role.EDITOR, organisation_id)
    network = lock(network_id, version=version)
    me = _participant(network, organisation_id)
    rules.check_state(State(network.state), {State.ACTIVE})
    if me.leaves_on is None:
        me.leaves_on = now.date() + rules.NOTICE
        me.save(update_fields=["leaves_on"])
        touch(network, now=now)
        emit("network.left", network.id, by=by, data={"organisation": str(organisation_id), "on": str(me.leaves_on)})
    return network


@transaction.atomic
def declare(
    network_id: UUID,
    *,
    organisation_id: UUID,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """Renew an organisation's declaration that it takes part, for a year."""
    by.require(Role.EDITOR, organisation_id)
    network = lock(network_id, version=version)
    me = _participant(network, organisation_id)
    rules.check_state(State(network.state), {State.ACTIVE})
    me.declared_until = now.date() + rules.DECLARED
    me.save(update_fields=["declared_until"])
    touch(network, now=now)
    emit("network.declared", network.id, by=by, data={"organisation": str(organisation_id)})
    return network


@transaction.atomic
def set_group(
    network_id: UUID,
    *,
    name: str,
    organisation_ids: frozenset[UUID],
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> WorkingGroup | None:
    """Set up a working group of some members, or change it; of nobody: it ends. The lead decides."""
    network = lock(network_id, version=version)
    by.require(Role.EDITOR, network.lead_id)
    rules.check_state(State(network.state), {State.AGREED, State.ACTIVE})
    if not organisation_ids <= _members(network):
        raise RuleBroken("not_a_member", "A working group consists of members.", field="organisations")
    touch(network, now=now)
    if not organisation_ids:
        WorkingGroup.objects.filter(network=network, name=name).delete()
        return None
    group, _ = WorkingGroup.objects.get_or_create(network=network, name=name)
    group.organisations.set(Organisation.objects.filter(id__in=organisation_ids))
    return group


@transaction.atomic
def conclude(
    network_id: UUID,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """The lead closes a network that has done what it was for."""
    network = lock(network_id, version=version)
    by.require(Role.EDITOR, network.lead_id)
    _move(network, State.CONCLUDED, now=now)
    emit("network.concluded", network.id, by=by)
    return network


@transaction.atomic
def dissolve(
    network_id: UUID,
    *,
    by: Actor,
    now: datetime,
    version: int | None = None,
) -> Network:
    """The lead ends a network before its time."""
    network = lock(network_id, version=version)
    by.require(Role.EDITOR, network.lead_id)
    rules.check_transition(State(network.state), State.DISSOLVED)
    withdraw([network], "by_members", now=now)
    return network


def hours_of(network: Network) -> Decimal:
    """Hours a week that its requests come to."""
    requests = [share.listing for share in network.shares.select_related("listing__owner")]
    facts = facts_of(listing for listing in requests if listing.direction == "request")
    return Decimal(str(sum(size for kind, size in (fact.measure for fact in facts) if kind == RATE)))


def _agreed(network: Network, *, now: datetime) -> Network:
    """Once everybody has said yes, it is an agreement, and starts as soon as its threshold lets it."""
    if network.participants.filter(answer=Answer.OPEN).exists():
        touch(network, now=now)
        return network
    _move(network, State.AGREED, now=now)
    emit("network.agreed", network.id, by=SYSTEM)
    return _started(network, now=now)


def _started(network: Network, *, now: datetime) -> Network:
    members = network.participants.filter(answer=Answer.ACCEPTED)
    if rules.may_start(
        members=members.count(),
        hours=hours_of(network),
        least_members=network.least_members,
        least_hours=network.least_hours,
    ):
        _move(network, State.ACTIVE, now=now, started_on=now.date())
        members.update(declared_until=now.date() + rules.DECLARED)
        emit("network.started", network.id, by=SYSTEM)
    return network


def _participant(network: Network, organisation_id: UUID) -> Participant:
    me = network.participants.filter(organisation=organisation_id).first()
    if me is None or me.answer in (Answer.DECLINED, Answer.LEFT):
        raise NotThere("not_a_member", "This organisation does not take part in the network.")
    return me


def _members(network: Network) -> frozenset[UUID]:
    there = network.participants.exclude(answer__in=[Answer.DECLINED, Answer.LEFT])
    return frozenset(there.values_list("organisation", flat=True))


def _answer(me: Participant, answer: Answer, *, by: Actor, now: datetime, **values: Any) -> None:
    me.answer, me.answered_by_id, me.answered_at = answer, by.member_id, now
    for name, value in values.items():
        setattr(me, name, value)
    me.save()


def _move(network: Network, state: State, *, now: datetime, **values: date | bool) -> None:
    rules.check_transition(State(network.state), state)
    network.state = state
    for name, value in values.items():
        setattr(network, name, value)
    touch(network, now=now)

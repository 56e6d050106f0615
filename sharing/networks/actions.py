"""What members do with a network: accept, decline, ask for a change, join, leave, end it."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from sharing.actors import SYSTEM, Actor, Role
from sharing.errors import Conflict, NotThere, RuleBroken
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
from sharing.networks.repair import remember_refusal, unrepaired
from sharing.networks.rules import Agreement
from sharing.networks.terms import Answer, State

UNDECIDED = frozenset({State.PROPOSED, State.UNDER_DISCUSSION})


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
    network, me = _seat(network_id, organisation_id, by=by, version=version, when=UNDECIDED)
    _check_whole(network)
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
    """Say no, with a reason. A worker then looks for somebody to step in; else the network is given up."""
    network, me = _seat(network_id, organisation_id, by=by, version=version, when=rules.TALKING)
    _answer(me, Answer.DECLINED, by=by, now=now, reason=reason, comment=comment)
    remember_refusal(network, organisation_id)
    touch(network, now=now)
    emit("network.declined", network.id, by=by, data={"organisation": str(organisation_id), "reason": reason})
    return network


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
    network, me = _seat(network_id, organisation_id, by=by, version=version, when=rules.TALKING)
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
    _check_whole(network)
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
    network, me = _seat(network_id, organisation_id, by=by, version=version, when={State.ACTIVE})
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
    network, me = _seat(network_id, organisation_id, by=by, version=version, when={State.ACTIVE})
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
    network = _led(network_id, by=by, version=version)
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
    network = _led(network_id, by=by, version=version)
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
    network = _led(network_id, by=by, version=version)
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


def _seat(
    network_id: UUID, organisation_id: UUID, *, by: Actor, version: int | None, when: Collection[State]
) -> tuple[Network, Participant]:
    """The network, locked, and the seat in it of an organisation that the actor may answer for."""
    by.require(Role.EDITOR, organisation_id)
    network = lock(network_id, version=version)
    me = network.participants.seated().filter(organisation=organisation_id).first()
    if me is None:
        raise NotThere("not_a_member", "This organisation does not take part in the network.")
    rules.check_state(State(network.state), when)
    return network, me


def _led(network_id: UUID, *, by: Actor, version: int | None) -> Network:
    """The network, locked, for who may decide as its lead."""
    network = lock(network_id, version=version)
    by.require(Role.EDITOR, network.lead_id)
    return network


def _check_whole(network: Network) -> None:
    """Nobody agrees to what still holds the listings of a member who has declined."""
    if unrepaired(network):
        raise Conflict("being_repaired", "A member has just declined. Look again in a few minutes.")


def _members(network: Network) -> frozenset[UUID]:
    return frozenset(network.participants.seated().values_list("organisation", flat=True))


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

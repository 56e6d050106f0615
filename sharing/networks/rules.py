"""What holds for networks: which way they may go, who counts, and when one is ready to start."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sharing.errors import Conflict, RuleBroken, Word, raise_all
from sharing.networks.terms import TRANSITIONS, State
from sharing.texts import text_problems

LONGEST_TERMS, LONGEST_COMMENT = 2_000, 300
MOST_MEMBERS, MOST_HOURS = 200, Decimal(10_000)
NOTICE = timedelta(days=91)  # a quarter, as agreements between municipalities usually have it
PATIENCE = timedelta(days=42)  # for answers, while listings are reserved
DECLARED = timedelta(days=365)
REMINDED = timedelta(days=30)  # before a declaration ends
TALKING = frozenset({State.PROPOSED, State.UNDER_DISCUSSION, State.AGREED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What members settle among themselves, beside the listings."""

    lead: UUID
    terms: str = ""
    least_members: int | None = None
    least_hours: Decimal | None = None
    starts_by: date | None = None


def check_transition(old: State, new: State) -> None:
    """Only the ways of the table; everything else is a conflict that says where the network stands."""
    if new not in TRANSITIONS[old]:
        raise Conflict(
            "illegal_transition",
            "This network is “%(old)s” and cannot become “%(new)s”.",
            field="state",
            old=Word(old),
            new=Word(new),
        )


def check_state(state: State, allowed: Collection[State]) -> None:
    """Raises `Conflict` where it is too late, or too early."""
    if state not in allowed:
        raise Conflict(
            "not_now", "This network is “%(state)s”; that is not possible now.", field="state", state=Word(state)
        )


def check_agreement(agreement: Agreement, members: Collection[UUID], *, today: date) -> None:
    """Raises `RulesBroken` with everything that does not hold together."""
    raise_all(_problems(agreement, members, today))


def _problems(agreement: Agreement, members: Collection[UUID], today: date) -> Iterator[RuleBroken]:
    yield from text_problems(agreement.terms, field="terms", longest=LONGEST_TERMS)
    if agreement.lead not in members:
        yield RuleBroken("not_a_member", "The lead must be one of the members.", field="lead")
    if agreement.least_members is not None and not 2 <= agreement.least_members <= MOST_MEMBERS:
        yield RuleBroken("out_of_range", "Use a number from 2 to %(most)s.", field="least_members", most=MOST_MEMBERS)
    if agreement.least_hours is not None and not 0 < agreement.least_hours <= MOST_HOURS:
        yield RuleBroken("out_of_range", "Use a number above 0 up to %(most)s.", field="least_hours", most=MOST_HOURS)
    threshold = agreement.least_members is not None or agreement.least_hours is not None
    if threshold and agreement.starts_by is None:
        yield RuleBroken("missing", "Say until which day the threshold must be reached.", field="starts_by")
    if agreement.starts_by is not None and agreement.starts_by < today:
        yield RuleBroken("already_over", "This day is in the past.", field="starts_by")


def may_start(*, members: int, hours: Decimal, least_members: int | None, least_hours: Decimal | None) -> bool:
    """The threshold is reached: enough members, or enough hours. Without one a network starts at once."""
    if least_members is None and least_hours is None:
        return True
    return (least_members is not None and members >= least_members) or (
        least_hours is not None and hours >= least_hours
    )

"""The words of networks: their kinds, their states, and the answers of those who take part."""

from collections.abc import Mapping
from enum import StrEnum

from sharing.networks.engine.terms import Kind

__all__ = ["HOLDING", "SEATED", "TRANSITIONS", "Answer", "Kind", "State"]


class State(StrEnum):
    """A network is proposed by the house and then belongs to those who take part in it."""

    PROPOSED = "proposed"
    UNDER_DISCUSSION = "under_discussion"
    AGREED = "agreed"  # everybody has accepted the same content; it waits for its threshold
    ACTIVE = "active"
    CONCLUDED = "concluded"
    DISSOLVED = "dissolved"


class Answer(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LEFT = "left"


SEATED = frozenset({Answer.OPEN, Answer.ACCEPTED})
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.UNDER_DISCUSSION, State.DISSOLVED}),
    State.UNDER_DISCUSSION: frozenset({State.AGREED, State.DISSOLVED}),
    State.AGREED: frozenset({State.UNDER_DISCUSSION, State.ACTIVE, State.DISSOLVED}),
    State.ACTIVE: frozenset({State.CONCLUDED, State.DISSOLVED}),
    State.CONCLUDED: frozenset(),
    State.DISSOLVED: frozenset(),
}
# Their listings are spoken for: no run proposes them to anybody else.
HOLDING = frozenset({State.UNDER_DISCUSSION, State.AGREED, State.ACTIVE})

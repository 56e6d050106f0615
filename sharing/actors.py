"""Who is acting, as plain data: built once per request, passed to every action."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

from sharing.errors import NotAllowed, Word


class Role(IntEnum):
    """What a member may do for an organisation; a higher role includes the lower ones."""

    READER = 1
    EDITOR = 2
    MANAGER = 3


@dataclass(frozen=True, slots=True)
class Seat:
    """An organisation someone acts for, with the region that decides what its members see."""

    organisation_id: UUID
    role: Role
    country: str = ""
    state: str = ""
    district: str = ""


@dataclass(frozen=True, slots=True)
class Actor:
    """A member, an organisation's API token, or the house itself (`SYSTEM`: imports, the clock)."""

    seats: tuple[Seat, ...] = ()
    member_id: UUID | None = None
    token_id: UUID | None = None
    scopes: frozenset[str] | None = None  # None: a person, not limited by scopes
    is_system: bool = False

    @property
    def organisation_ids(self) -> Collection[UUID]:
        return [seat.organisation_id for seat in self.seats]

    def role_in(self, organisation_id: UUID) -> Role | None:
        return max((s.role for s in self.seats if s.organisation_id == organisation_id), default=None)

    def require(self, role: Role, organisation_id: UUID) -> None:
        """Raise `NotAllowed` unless who acts holds at least `role` in the organisation."""
        if self.is_system:
            return
        if (held := self.role_in(organisation_id)) is None:
            raise NotAllowed("not_your_organisation", "You do not act for this organisation.")
        if held < role:
            raise NotAllowed(
                "role_too_low",
                "Your role does not allow this. Ask a manager of your organisation for the role “%(role)s”.",
                role=Word(role.name.lower()),
            )


SYSTEM = Actor(is_system=True)

"""From a member or a token to the actor that actions understand."""

from collections.abc import Iterable

from sharing.actors import Actor, Role, Seat
from sharing.municipalities.models import Member, Membership, Organisation
from sharing.municipalities.tokens import ApiToken, Scope

ROLES = {
    Scope.ORGANISATIONS_WRITE: Role.MANAGER,
    Scope.LISTINGS_WRITE: Role.EDITOR,
    Scope.MATCHES_WRITE: Role.EDITOR,
    Scope.NETWORKS_WRITE: Role.EDITOR,
}


def actor_of_member(member: Member) -> Actor:
    """All seats of a member: their organisations, and the municipalities those administer."""
    memberships = Membership.objects.filter(member=member).select_related("organisation").order_by("id")
    return Actor(seats=_seats((m.organisation, Role(m.role)) for m in memberships), member_id=member.id)


def actor_of_token(token: ApiToken) -> Actor:
    """A program holds the role that its strongest scope needs; each request needs the scope as well."""
    role = max((ROLES.get(Scope(scope), Role.READER) for scope in token.scopes), default=Role.READER)
    return Actor(seats=_seats([(token.organisation, role)]), token_id=token.id, scopes=frozenset(token.scopes))


def _seats(held: Iterable[tuple[Organisation, Role]]) -> tuple[Seat, ...]:
    roles = list(held)
    administered = Organisation.objects.filter(administered_by__in=[o for o, _ in roles]).order_by("id")
    inherited = [(o, role) for o in administered for boss, role in roles if o.administered_by_id == boss.id]
    return tuple(_seat(organisation, role) for organisation, role in [*roles, *inherited])


def _seat(organisation: Organisation, role: Role) -> Seat:
    return Seat(organisation.id, role, organisation.country, organisation.state, organisation.district)

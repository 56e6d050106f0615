"""What makes a listing sensible, and which way its state may go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from uuid import UUID

from sharing.errors import Conflict, RuleBroken, Word, raise_all
from sharing.listings.terms import (
    Consideration,
    Direction,
    KnowledgeLevel,
    Mode,
    Participation,
    Resource,
    State,
    Unit,
    Visibility,
)
from sharing.municipalities.terms import PARTNER_KINDS, OrganisationKind
from sharing.texts import is_blank, line_problems, text_problems

LONGEST_TITLE, LONGEST_DESCRIPTION, LONGEST_BENEFIT, LONGEST_KEYWORD = 160, 5_000, 300, 60
MOST_KEYWORDS, MOST_NAMED = 20, 200
LARGEST_QUANTITY, LARGEST_RADIUS_KM = Decimal(10_000_000), 2_000
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)

TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.PAUSED, State.FULFILLED, State.WITHDRAWN, State.EXPIRED}),
    State.PAUSED: frozenset({State.PUBLISHED, State.FULFILLED, State.WITHDRAWN, State.EXPIRED}),
    State.FULFILLED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.EXPIRED: frozenset(),
}
EDITABLE = frozenset({State.DRAFT, State.PUBLISHED, State.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The content of a listing, as every door hands it in. What may stay open until publication has a default."""

    direction: Direction
    resource: Resource
    category: str
    title: str
    description: str = ""
    language: str = "de"
    keywords: tuple[str, ...] = ()
    quantity: Decimal | None = None
    unit: Unit | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    mode: Mode = Mode.ON_SITE
    radius_km: int | None = None
    considerations: tuple[Consideration, ...] = ()
    department: UUID | None = None
    level: KnowledgeLevel | None = None
    benefit: str = ""
    partner_kinds: tuple[OrganisationKind, ...] = ()
    participation: Participation | None = None
    visibility: Visibility = Visibility.ALL
    audience: tuple[UUID, ...] = ()
    contact: str = ""
    expires_on: date | None = None


DRAFT_FIELDS = tuple(field.name for field in fields(Draft))


def check_draft(draft: Draft) -> None:
    """A draft may have gaps, but what it says must hold together."""
    raise_all(draft_problems(draft))


def check_publishable(draft: Draft, *, today: date, benefit_required: bool = True) -> None:
    """What is on the market must be complete. (A region bundle has no column for the benefit: it may come later.)"""
    raise_all([*draft_problems(draft), *_gaps(draft, benefit_required), *_overdue(draft, today)])


def check_transition(old: State, new: State) -> None:
    """Only the ways of the table; everything else is a conflict that says where the listing stands."""
    if new not in TRANSITIONS[old]:
        raise Conflict(
            "illegal_transition",
            "This listing is “%(old)s” and cannot become “%(new)s”.",
            field="state",
            old=Word(old),
            new=Word(new),
        )


def check_editable(state: State) -> None:
    """What is over stays as it was, for the record."""
    if state not in EDITABLE:
        raise Conflict(
            "not_editable",
            "This listing is “%(state)s” and can no longer be changed.",
            field="state",
            state=Word(state),
        )


def draft_problems(draft: Draft) -> Iterator[RuleBroken]:
    """Everything that contradicts itself, whatever the day."""
    yield from _text_problems(draft)
    yield from _quantity_problems(draft)
    yield from _window_problems(draft)
    yield from _project_problems(draft)
    yield from _audience_problems(draft)


def _text_problems(draft: Draft) -> Iterator[RuleBroken]:
    yield from line_problems(draft.title, field="title", longest=LONGEST_TITLE)
    yield from text_problems(draft.description, field="description", longest=LONGEST_DESCRIPTION)
    yield from line_problems(draft.benefit, field="benefit", longest=LONGEST_BENEFIT)
    for keyword in draft.keywords:
        yield from line_problems(keyword, field="keywords", longest=LONGEST_KEYWORD)
    if len(draft.keywords) > MOST_KEYWORDS:
        yield RuleBroken("too_many", "Use at most %(most)s keywords.", field="keywords", most=MOST_KEYWORDS)


def _quantity_problems(draft: Draft) -> Iterator[RuleBroken]:
    if draft.quantity is not None:
        if not 0 < draft.quantity <= LARGEST_QUANTITY:
            yield RuleBroken(
                "quantity_out_of_range",
                "The quantity must be above 0 and at most %(most)s.",
                field="quantity",
                most=LARGEST_QUANTITY,
            )
        if draft.unit is None:
            yield RuleBroken("unit_missing", "Say what the quantity counts.", field="unit")
    if draft.radius_km is not None and not 0 < draft.radius_km <= LARGEST_RADIUS_KM:
        yield RuleBroken(
            "radius_out_of_range",
            "The radius must be between 1 and %(most)s km; leave it empty for no limit.",
            field="radius_km",
            most=LARGEST_RADIUS_KM,
        )


def _window_problems(draft: Draft) -> Iterator[RuleBroken]:
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        yield RuleBroken("ends_before_start", "The last day is before the first day.", field="ends_on")
    for field in ("starts_on", "ends_on", "expires_on"):
        day = getattr(draft, field)
        if day and not FIRST_DAY <= day <= LAST_DAY:
            yield RuleBroken("year_out_of_range", "Use a year between 2000 and 2100.", field=field)


def _project_problems(draft: Draft) -> Iterator[RuleBroken]:
    if draft.resource != Resource.PROJECT:
        if draft.partner_kinds:
            yield RuleBroken("only_for_projects", "Only a project names wanted partners.", field="partner_kinds")
        if draft.participation:
            yield RuleBroken("only_for_projects", "Only a project has a form of participation.", field="participation")
    if not set(draft.partner_kinds) <= PARTNER_KINDS:
        yield RuleBroken("not_a_partner", "A municipality is no external partner.", field="partner_kinds")
    if draft.level and draft.resource == Resource.EQUIPMENT:
        yield RuleBroken("level_of_equipment", "A knowledge level belongs to people.", field="level")


def _audience_problems(draft: Draft) -> Iterator[RuleBroken]:
    if draft.audience and draft.visibility != Visibility.NAMED:
        yield RuleBroken(
            "audience_unused", "Organisations are named only with the visibility “named”.", field="audience"
        )
    if len(draft.audience) > MOST_NAMED:
        yield RuleBroken("too_many", "Name at most %(most)s organisations.", field="audience", most=MOST_NAMED)


def _gaps(draft: Draft, benefit_required: bool) -> Iterator[RuleBroken]:
    if is_blank(draft.title):
        yield RuleBroken("missing", "Give the listing a title.", field="title")
    for field in ("starts_on", "ends_on"):
        if getattr(draft, field) is None:
            yield RuleBroken("missing", "Say from when to when.", field=field)
    if benefit_required and draft.resource == Resource.PROJECT and is_blank(draft.benefit):
        yield RuleBroken("missing", "Say in one sentence what residents get from the project.", field="benefit")
    if draft.visibility == Visibility.NAMED and not draft.audience:
        yield RuleBroken("missing", "Name the organisations that may see this listing.", field="audience")


def _overdue(draft: Draft, today: date) -> Iterator[RuleBroken]:
    for field in ("ends_on", "expires_on"):
        day = getattr(draft, field)
        if day and day < today:
            yield RuleBroken("already_over", "This day is in the past.", field=field)

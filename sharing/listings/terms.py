"""The words a listing is described in. Plain Python: the engine and the bundle parser use them without Django."""

from decimal import Decimal
from enum import StrEnum


class Direction(StrEnum):
    OFFER = "offer"
    REQUEST = "request"


class Resource(StrEnum):
    EXPERTISE = "expertise"
    EQUIPMENT = "equipment"
    PROJECT = "project"


class Unit(StrEnum):
    HOURS_PER_WEEK = "hours_per_week"
    FTE = "fte"
    DAYS = "days"
    PIECES = "pieces"
    PLACES = "places"
    PARTNERS = "partners"
    EURO = "euro"
    PROJECT = "project"


class Mode(StrEnum):
    ON_SITE = "on_site"
    REMOTE = "remote"
    HYBRID = "hybrid"


class Consideration(StrEnum):
    """What is given in return. `SALE` is not sharing and never matches."""

    COST_REFUND = "cost_refund"
    FEE = "fee"
    EXCHANGE = "exchange"
    FREE = "free"
    MUTUAL = "mutual"
    PARTNERSHIP = "partnership"
    SALE = "sale"


class KnowledgeLevel(StrEnum):
    """Staff are met where they stand."""

    ENTRY = "entry"
    PRACTITIONER = "practitioner"
    EXPERT = "expert"


class Participation(StrEnum):
    """How residents take part in a project."""

    INFORM = "inform"
    CONSULT = "consult"
    COOPERATE = "cooperate"


class Visibility(StrEnum):
    ALL = "all"
    STATE = "state"
    DISTRICT = "district"
    NAMED = "named"


class State(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    PAUSED = "paused"
    FULFILLED = "fulfilled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


# 1 full-time post is 39 hours a week (TVöD), a working day a fifth of that: two units of one week's time.
HOURS_PER_FTE = Decimal(39)
HOURS_PER_DAY = Decimal("7.8")

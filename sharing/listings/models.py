"""Offers and requests: what one organisation gives to others, or needs from them."""

import math
from collections.abc import Sequence

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector, SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor
from sharing.ids import new_id
from sharing.listings import labels
from sharing.listings.rules import (
    LARGEST_RADIUS_KM,
    LONGEST_BENEFIT,
    LONGEST_KEYWORD,
    LONGEST_TITLE,
    Draft,
)
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
from sharing.municipalities.models import Department, Member, Organisation
from sharing.municipalities.terms import OrganisationKind
from sharing.taxonomy.models import Category, Concept


class ListingQuerySet(models.QuerySet["Listing"]):
    def live(self) -> "ListingQuerySet":
        """What is on the market now."""
        return self.filter(state=State.PUBLISHED)

    def of(self, actor: Actor) -> "ListingQuerySet":
        """The listings of the organisations someone acts for, in every state."""
        return self.filter(owner__in=actor.organisation_ids)

    def visible_to(self, actor: Actor) -> "ListingQuerySet":
        """Their own in every state; of others what is on the market and meant for them."""
        if actor.is_system:
            return self
        if not actor.seats:
            return self.none()
        own = actor.organisation_ids
        meant = Q(visibility=Visibility.ALL)
        for seat in actor.seats:
            land = Q(owner__country=seat.country, owner__state=seat.state)
            meant |= Q(land, visibility=Visibility.STATE)
            meant |= Q(land, visibility=Visibility.DISTRICT, owner__district=seat.district)
        named = Organisation.objects.filter(id__in=own, may_see=models.OuterRef("pk"))
        meant |= Q(models.Exists(named), visibility=Visibility.NAMED)
        return self.filter(Q(owner__in=own) | Q(meant, state=State.PUBLISHED))

    def search(self, words: str) -> "ListingQuerySet":
        """Full text as people type it: quotes, `or`, and a minus for what must not occur.

        Where the words name a concept, its other names are looked for, too: DPO finds Datenschutzbeauftragte.
        """
        query = SearchQuery(words, config="german", search_type="websearch")
        for name in Concept.objects.other_names(words):
            query |= SearchQuery(name, config="german", search_type="phrase")
        return self.filter(document=query)

    def for_matching(self) -> "ListingQuerySet":
        """With what the engine asks of a listing; without what it never reads."""
        return self.select_related("owner").prefetch_related("audience").defer("document").order_by("id")

    def in_reach_of(self, listings: "Sequence[Listing]") -> "ListingQuerySet":
        """A cheap first sieve: a common day, and inside the box around all radii. The engine measures exactly."""
        if not listings:
            return self.none()
        first = min(listing.starts_on for listing in listings if listing.starts_on)
        last = max(listing.ends_on for listing in listings if listing.ends_on)
        found = self.filter(starts_on__lte=last, ends_on__gte=first)
        if (box := _box_around(listings)) is None:
            return found
        south, north, west, east = box
        return found.filter(owner__latitude__range=(south, north), owner__longitude__range=(west, east))

    def with_places(self) -> "ListingQuerySet":
        """With what a list shows beside the listing itself, in a constant number of queries."""
        return self.select_related("owner", "category", "department").prefetch_related("owner__keys", "audience")


class Listing(models.Model):
    """An offer or a request of one organisation."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="listings")
    ref = models.CharField(max_length=60, null=True, blank=True, help_text=_("Its name in the owner's own table."))
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True, related_name="listings")
    state = models.CharField(max_length=12, choices=labels.STATE, default=State.DRAFT)
    direction = models.CharField(max_length=8, choices=labels.DIRECTION)
    resource = models.CharField(max_length=10, choices=labels.RESOURCE)
    category = models.ForeignKey(Category, models.PROTECT, related_name="listings")
    title = models.CharField(max_length=LONGEST_TITLE)
    description = models.TextField(blank=True)
    language = models.CharField(max_length=2, default="de")
    keywords = ArrayField(models.CharField(max_length=LONGEST_KEYWORD), default=list, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    unit = models.CharField(max_length=16, choices=labels.UNIT, null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text=_("Last day, included."))
    mode = models.CharField(max_length=8, choices=labels.MODE, default=Mode.ON_SITE)
    radius_km = models.PositiveIntegerField(null=True, blank=True, help_text=_("Empty: no limit."))
    considerations = ArrayField(models.CharField(max_length=12, choices=labels.CONSIDERATION), default=list, blank=True)
    level = models.CharField(max_length=12, choices=labels.LEVEL, null=True, blank=True)
    benefit = models.CharField(
        max_length=LONGEST_BENEFIT, blank=True, help_text=_("What residents get, in a sentence.")
    )
    partner_kinds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    participation = models.CharField(max_length=10, choices=labels.PARTICIPATION, null=True, blank=True)
    visibility = models.CharField(max_length=8, choices=labels.VISIBILITY, default=Visibility.ALL)
    audience = models.ManyToManyField(Organisation, related_name="may_see", blank=True)
    contact = models.EmailField(blank=True, help_text=_("Role mailbox, never a person's address."))
    expires_on = models.DateField(null=True, blank=True, help_text=_("Last day on the market."))
    version = models.PositiveIntegerField(default=1, help_text=_("Counts the changes of content and state."))
    created_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    published_at = models.DateTimeField(null=True, blank=True)
    document = models.GeneratedField(
        expression=SearchVector("title", "description", config="german"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    objects = ListingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "ref"],
                name="listing_ref_once",
                violation_error_message=_("This organisation has a listing with that reference."),
            ),
            models.CheckConstraint(
                name="listing_window_in_order",
                condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("The last day is before the first day."),
            ),
            models.CheckConstraint(
                name="listing_window_known_beyond_draft",
                condition=Q(state=State.DRAFT) | Q(starts_on__isnull=False, ends_on__isnull=False),
                violation_error_message=_("Say from when to when."),
            ),
            models.CheckConstraint(
                name="listing_quantity_has_unit",
                condition=Q(quantity=None) | Q(quantity__gt=0, unit__isnull=False),
                violation_error_message=_("A quantity is above 0 and says what it counts."),
            ),
            models.CheckConstraint(
                name="listing_radius_in_range",
                condition=Q(radius_km=None) | Q(radius_km__range=(1, LARGEST_RADIUS_KM)),
                violation_error_message=_("The radius is out of range."),
            ),
            models.CheckConstraint(
                name="listing_state_known",
                condition=Q(state__in=[state.value for state in State]),
                violation_error_message=_("This state does not exist."),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="listing_newest_of_state"),
            models.Index(fields=["owner", "-id"], name="listing_newest_of_owner"),
            models.Index("ends_on", name="listing_ending", condition=Q(state__in=[State.PUBLISHED, State.PAUSED])),
            GinIndex("document", name="listing_document"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def contact_address(self) -> str:
        """The nearest role mailbox: the listing's own, its department's, its organisation's."""
        return self.contact or (self.department.mailbox if self.department else "") or self.owner.mailbox

    @property
    def draft(self) -> Draft:
        """The content as the rules see it. Reads `audience`, so fetch that before."""
        return Draft(
            direction=Direction(self.direction),
            resource=Resource(self.resource),
            category=self.category_id,
            title=self.title,
            description=self.description,
            language=self.language,
            keywords=tuple(self.keywords),
            quantity=self.quantity,
            unit=Unit(self.unit) if self.unit else None,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            mode=Mode(self.mode),
            radius_km=self.radius_km,
            considerations=tuple(map(Consideration, self.considerations)),
            department=self.department_id,
            level=KnowledgeLevel(self.level) if self.level else None,
            benefit=self.benefit,
            partner_kinds=tuple(map(OrganisationKind, self.partner_kinds)),
            participation=Participation(self.participation) if self.participation else None,
            visibility=Visibility(self.visibility),
            audience=tuple(sorted(organisation.id for organisation in self.audience.all())),
            contact=self.contact,
            expires_on=self.expires_on,
        )


def _box_around(listings: "Sequence[Listing]") -> tuple[float, float, float, float] | None:
    """South, north, west, east in degrees; None where a listing has no limit or no place, or the box nears a pole."""
    edges = []
    for listing in listings:
        latitude, longitude, radius = listing.owner.latitude, listing.owner.longitude, listing.radius_km
        if latitude is None or longitude is None or radius is None or abs(latitude) > 70:
            return None
        up = radius / 110  # a degree of latitude is never shorter than 110.5 km
        across = up / math.cos(math.radians(min(abs(latitude) + up, 80)))
        edges.append((latitude - up, latitude + up, longitude - across, longitude + across))
    souths, norths, wests, easts = zip(*edges, strict=True)
    return min(souths), max(norths), min(wests), max(easts)

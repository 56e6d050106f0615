"""Networks of several organisations: who takes part, with which listings, who gives what to whom."""

from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor
from sharing.ids import new_id
from sharing.listings.models import Listing
from sharing.matching.models import Match
from sharing.municipalities.models import Member, Organisation
from sharing.networks import labels
from sharing.networks.rules import LONGEST_COMMENT
from sharing.networks.terms import HOLDING, SEATED, Answer, State


class NetworkQuerySet(models.QuerySet["Network"]):
    def holding(self) -> "NetworkQuerySet":
        """Under discussion, agreed or active: their listings are spoken for."""
        return self.filter(state__in=HOLDING)

    def open(self) -> "NetworkQuerySet":
        """Neither over nor given up."""
        return self.filter(state__in={State.PROPOSED, *HOLDING})

    def touching(self, listing_ids: Collection[UUID]) -> "NetworkQuerySet":
        return self.filter(models.Exists(Share.objects.filter(network=models.OuterRef("pk"), listing__in=listing_ids)))

    def visible_to(self, actor: Actor) -> "NetworkQuerySet":
        """Those who take part; who has declined or left sees no more of it."""
        if actor.is_system:
            return self
        mine = Participant.objects.seated().filter(organisation__in=actor.organisation_ids)
        return self.filter(models.Exists(mine.filter(network=models.OuterRef("pk"))))

    def joinable_with(self, listing_id: UUID, actor: Actor) -> "NetworkQuerySet":
        """Those that hold a listing which this one of the actor's was matched with."""
        mine = Match.objects.visible_to(actor).touching([listing_id]).values_list("request", "offer")
        partners = {id_ for pair in mine for id_ in pair} - {listing_id}
        return self.holding().touching(partners)

    def with_members(self) -> "NetworkQuerySet":
        """With what a list shows: who takes part, and with which listings."""
        return self.select_related("lead").prefetch_related(
            models.Prefetch("participants", Participant.objects.select_related("organisation").order_by("pk")),
            models.Prefetch(
                "shares",
                Share.objects.select_related("listing__owner", "listing__department")
                .defer("listing__document")
                .order_by("pk"),
            ),
        )

    def whole(self) -> "NetworkQuerySet":
        """With all that is shown of one, in a constant number of queries."""
        return self.with_members().prefetch_related(
            models.Prefetch(
                "legs",
                Leg.objects.select_related(
                    "request__owner", "request__department", "offer__owner", "offer__department"
                ).defer("request__document", "offer__document"),
            ),
            models.Prefetch("groups", WorkingGroup.objects.prefetch_related("organisations").order_by("name")),
        )


class Network(models.Model):
    """What several organisations do together, from the house's proposal to its end.

    Members accept its content: `content_hash` says which. `hint` marks a circle in which somebody asked for money: it
    is shown, but nobody is mailed about it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=16, choices=labels.KIND)
    state = models.CharField(max_length=16, choices=labels.STATE, default=State.PROPOSED)
    hint = models.BooleanField(default=False)
    lead = models.ForeignKey(Organisation, models.PROTECT, related_name="+", help_text=_("Lead municipality."))
    terms = models.TextField(blank=True, help_text=_("What the members want to hold on to, in their own words."))
    least_members = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("It starts with so many."))
    least_hours = models.DecimalField(
        max_digits=8, decimal_places=2, null=True, blank=True, help_text=_("Or with so many hours a week.")
    )
    starts_by = models.DateField(null=True, blank=True, help_text=_("Last day on which it may still start."))
    content_hash = models.CharField(max_length=64, help_text=_("SHA-256 of what members accept."))
    benefit = models.FloatField(help_text=_("As its kind's module in the engine has it."))
    gap = models.FloatField(help_text=_("The share that a better choice for the region might add."))
    reason = models.CharField(max_length=24, choices=labels.ENDING, blank=True, help_text=_("Why it was dissolved."))
    version = models.PositiveIntegerField(default=1, help_text=_("Counts all changes."))
    proposed_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    started_on = models.DateField(null=True, blank=True)

    objects = NetworkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(name="network_state_known", condition=Q(state__in=[s.value for s in State])),
            models.CheckConstraint(
                name="network_starts_once_active",
                condition=Q(state__in=[State.CONCLUDED, State.DISSOLVED])
                | Q(state=State.ACTIVE, started_on__isnull=False)
                | Q(started_on=None),
            ),
        ]
        indexes = [models.Index(fields=["state", "-id"], name="network_newest_of_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def seated(self) -> "ParticipantQuerySet":
        """Neither declined nor left."""
        return self.filter(answer__in=SEATED)


class Participant(models.Model):
    """One organisation in a network, and its answer to the content as it was then."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="participants")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="participations")
    answer = models.CharField(max_length=10, choices=labels.ANSWER, default=Answer.OPEN)
    accepted_hash = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=16, choices=labels.REASON, blank=True)
    comment = models.CharField(max_length=LONGEST_COMMENT, blank=True)
    answered_by = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    leaves_on = models.DateField(null=True, blank=True, help_text=_("Last day, once notice is given."))
    declared_until = models.DateField(null=True, blank=True, help_text=_("Its declaration holds until this day."))
    reminded_on = models.DateField(null=True, blank=True, help_text=_("When it was last asked to renew it."))

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "organisation"], name="participant_once")]
        indexes = [models.Index(fields=["organisation", "network"], name="participant_of_organisation")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.organisation_id} {self.answer}"

    @property
    def is_seated(self) -> bool:
        return self.answer in SEATED


class ShareQuerySet(models.QuerySet["Share"]):
    def held(self) -> "ShareQuerySet":
        """Reserved or in use: of a network that its members talk about, have agreed on or live."""
        return self.filter(network__state__in=HOLDING)

    def taken(self, listing_ids: Collection[UUID]) -> dict[UUID, Decimal | None]:
        """How much of each listing these shares take, in its own unit; None where one takes it as a whole."""
        held: dict[UUID, Decimal | None] = {}
        for listing, quantity in self.filter(listing__in=listing_ids).values_list("listing", "quantity"):
            before = held.get(listing, Decimal(0))
            held[listing] = None if quantity is None or before is None else before + quantity
        return held


class Share(models.Model):
    """How much of a listing a network takes, in the listing's own unit; no quantity: all of it."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="shares")
    listing = models.ForeignKey(Listing, models.PROTECT, related_name="shares")
    quantity = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "listing"], name="share_once")]
        indexes = [models.Index(fields=["listing", "network"], name="share_of_listing")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.listing_id}"


class Leg(models.Model):
    """One offer that serves one request. In a ring the order is that of the circle."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="legs")
    place = models.PositiveSmallIntegerField()
    request = models.ForeignKey(Listing, models.PROTECT, related_name="+")
    offer = models.ForeignKey(Listing, models.PROTECT, related_name="+")
    covered = models.FloatField(null=True, help_text=_("Share of the request; empty where it cannot be compared."))
    km = models.FloatField(null=True)
    taken = models.FloatField(null=True, help_text=_("Of the offer, in its own unit; empty likewise."))

    class Meta:
        ordering = ("network", "place")
        constraints = [models.UniqueConstraint(fields=["network", "request", "offer"], name="leg_once")]

    def __str__(self) -> str:
        return f"{self.offer_id} for {self.request_id}"


class Refusal(models.Model):
    """Two listings that a side has declined to bring together in a network: no run proposes them together again."""

    one = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    other = models.ForeignKey(Listing, models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["one", "other", "organisation"], name="refusal_once")]
        indexes = [models.Index(fields=["other"], name="refusal_of_other")]

    def __str__(self) -> str:
        return f"{self.one_id} {self.other_id}"


class Content(models.Model):
    """What a network's members were asked to accept at some time: so that a late answer is told what has changed."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="contents")
    content_hash = models.CharField(max_length=64)
    content = models.JSONField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "content_hash"], name="content_once")]

    def __str__(self) -> str:
        return f"{self.network_id} {self.content_hash[:12]}"


class WorkingGroup(models.Model):
    """Some members of a network who see to one thing, across their departments."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="groups")
    name = models.CharField(max_length=120)
    organisations = models.ManyToManyField(Organisation, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "name"],
                name="group_once",
                violation_error_message=_("This network has a working group of that name."),
            )
        ]

    def __str__(self) -> str:
        return self.name

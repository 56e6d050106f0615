"""Matches: one offer and one request worth showing to each other's owners, and why."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor
from sharing.ids import new_id
from sharing.listings.models import Listing
from sharing.municipalities.models import Member, Organisation


class MatchQuerySet(models.QuerySet["Match"]):
    def standing(self) -> "MatchQuerySet":
        """Still true: neither listing has changed so that they no longer fit."""
        return self.filter(withdrawn_at=None)

    def shown(self) -> "MatchQuerySet":
        """Likely enough to be suggested; the others are kept because they compete with these."""
        return self.standing().filter(suggested=True)

    def touching(self, listing_ids: object) -> "MatchQuerySet":
        return self.filter(Q(request__in=listing_ids) | Q(offer__in=listing_ids))

    def visible_to(self, actor: Actor) -> "MatchQuerySet":
        """The two owners, as long as the match stands.

        By way of one's own listings: the “or” of both sides' owners alone would read all matches there are.
        """
        if actor.is_system:
            return self
        own = ArraySubquery(Listing.objects.of(actor).values("id"))
        return self.shown().filter(Q(_Among(F("request_id"), own)) | Q(_Among(F("offer_id"), own)))

    def not_dismissed_by(self, actor: Actor) -> "MatchQuerySet":
        """Without those that one of the actor's organisations has answered with “not suitable”."""
        return self.exclude(_no_of(actor))

    def dismissed_by(self, actor: Actor) -> "MatchQuerySet":
        return self.filter(_no_of(actor))

    def with_listings(self) -> "MatchQuerySet":
        """With both listings and their owners, in a constant number of queries."""
        sides = ("request", "offer")
        rows = self.select_related(
            *(f"{side}__{part}" for side in sides for part in ("owner", "category", "department"))
        )
        return rows.prefetch_related("request__owner__keys", "offer__owner__keys", "dismissals")


class Match(models.Model):
    """A pair the engine found. `reasons` are its words and figures as data; screens put them into sentences."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    request = models.ForeignKey(Listing, models.CASCADE, related_name="matched_offers")
    offer = models.ForeignKey(Listing, models.CASCADE, related_name="matched_requests")
    score = models.FloatField(help_text=_("0 to 1; rounded to four places, so that order is stable."))
    own = models.FloatField(
        db_default=0.0,
        help_text=_("What the two listings say by themselves, as a logit; the score also sees their rivals."),
    )
    suggested = models.BooleanField(db_default=True, help_text=_("Likely enough to be shown."))
    notify = models.BooleanField(help_text=_("Good enough to be told in a digest."))
    partial = models.BooleanField(help_text=_("Really helps, but covers only a part."))
    reasons = models.JSONField(default=list)
    found_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = MatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            models.UniqueConstraint(fields=["request", "offer"], name="match_once_per_pair"),
            models.CheckConstraint(name="match_of_two", condition=~Q(request=F("offer"))),
            models.CheckConstraint(name="match_score_in_range", condition=Q(score__range=(0, 1))),
        ]
        indexes = [
            models.Index(fields=["request", "-score", "-id"], name="match_best_of_request"),
            models.Index(fields=["offer", "-score", "-id"], name="match_best_of_offer"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.offer_id} {self.score:.4f}"


class TextVector(models.Model):
    """The vector of one text under one model. Equal texts share it, whoever wrote them."""

    digest = models.BinaryField(primary_key=True, max_length=32, help_text=_("SHA-256 of model, version and text."))
    model = models.CharField(max_length=40)
    version = models.CharField(max_length=20)
    vector = models.BinaryField(help_text=_("float16, little-endian."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["model", "version"], name="textvector_of_model")]

    def __str__(self) -> str:
        return f"{self.model} {self.version} {bytes(self.digest).hex()[:12]}"


class Dismissal(models.Model):
    """One side's “not suitable, because …”. Both the answer and its reason help later matching."""

    class Reason(models.TextChoices):
        OTHER_TASK = "other_task", _("It is about something else.")
        TOO_FAR = "too_far", _("It is too far away.")
        WRONG_TIME = "wrong_time", _("The time does not fit.")
        WRONG_AMOUNT = "wrong_amount", _("The amount does not fit.")
        QUALIFICATION = "qualification", _("The qualification or equipment does not fit.")
        TERMS = "terms", _("The terms do not fit.")
        SOLVED = "solved", _("It has been settled elsewhere.")
        OTHER = "other", _("Another reason.")

    match = models.ForeignKey(Match, models.CASCADE, related_name="dismissals")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="+")
    reason = models.CharField(max_length=16, choices=Reason.choices)
    comment = models.CharField(max_length=300, blank=True)
    dismissed_by = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="+")
    dismissed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["match", "organisation"], name="dismissed_once_per_side")]

    def __str__(self) -> str:
        return f"{self.match_id} {self.reason}"


class _Among(models.Func):
    """`id = ANY(ARRAY(…))`: the array is made once, and then an index finds the rows, which `IN (SELECT …)` forbids."""

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = models.BooleanField()


def _no_of(actor: Actor) -> models.Exists:
    return models.Exists(Dismissal.objects.filter(match=models.OuterRef("pk"), organisation__in=actor.organisation_ids))

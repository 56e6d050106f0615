"""What members are owed by mail: notices, and the digests that gather them."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from sharing.digests.rules import OFFICE_HOUR, TUESDAY, Period, Wish
from sharing.ids import new_id
from sharing.matching.models import Match
from sharing.municipalities.models import Member
from sharing.networks.models import Network

PERIOD_LABELS = {
    Period.DAILY: _("every day"),
    Period.WEEKLY: _("once a week"),
    Period.NEVER: _("never"),
}


class Subscription(models.Model):
    """When a member wants the digest. No row means the default: Tuesday, 8 o'clock."""

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="subscription")
    period = models.CharField(max_length=8, choices=PERIOD_LABELS, default=Period.WEEKLY)
    weekday = models.PositiveSmallIntegerField(default=TUESDAY, help_text=_("1 is Monday, 7 is Sunday."))
    hour = models.PositiveSmallIntegerField(default=OFFICE_HOUR)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="subscription_time_exists",
                condition=Q(weekday__range=(1, 7), hour__range=(0, 23)),
                violation_error_message=_("Choose a weekday from 1 to 7 and an hour from 0 to 23."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.period}"


class Notice(models.Model):
    """One match, or the news of one network, to tell one member about. A digest takes it along."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="notices")
    match = models.ForeignKey(Match, models.CASCADE, null=True, blank=True, related_name="notices")
    network = models.ForeignKey(Network, models.CASCADE, null=True, blank=True, related_name="notices")
    digest = models.ForeignKey("Digest", models.SET_NULL, null=True, blank=True, related_name="notices")
    owed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "match"], name="notice_once_per_match"),
            # However much happens to a network until the next digest, the digest tells once how it stands.
            models.UniqueConstraint(
                fields=["member", "network"], name="notice_once_per_network_untold", condition=Q(digest=None)
            ),
            models.CheckConstraint(
                name="notice_of_one_thing",
                condition=Q(match=None, network__isnull=False) | Q(match__isnull=False, network=None),
            ),
        ]
        indexes = [models.Index("member", "owed_at", name="notice_untold", condition=Q(digest=None))]

    def __str__(self) -> str:
        return f"{self.member_id} {self.match_id or self.network_id}"


class DigestQuerySet(models.QuerySet["Digest"]):
    def to_send(self, *, now: datetime) -> "DigestQuerySet":
        """Written, not sent, and not waiting for a later try."""
        return self.filter(state=Digest.State.WRITTEN, next_try_at__lte=now)


class Digest(models.Model):
    """One mail to one member for one period: written first, sent second, ticked third."""

    class State(models.TextChoices):
        WRITTEN = "written", _("to be sent")
        SENT = "sent", _("sent")
        EMPTY = "empty", _("nothing left to tell")
        REFUSED = "refused", _("refused by the mailbox")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(Member, models.CASCADE, related_name="digests")
    due_at = models.DateTimeField(help_text=_("The moment it fell due; with the member it names the period."))
    state = models.CharField(max_length=8, choices=State.choices, default=State.WRITTEN)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True, help_text=_("What the mail server said when it refused."))

    objects = DigestQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "due_at"], name="digest_once_per_period")]
        indexes = [models.Index("next_try_at", name="digest_unsent", condition=Q(state="written"))]

    def __str__(self) -> str:
        return f"{self.member_id} {self.due_at:%Y-%m-%d}"


def wish_of(member: Member) -> Wish:
    """When this member wants the digest. Reads `subscription`, so select it along."""
    row = getattr(member, "subscription", None)
    if row is None:
        return Wish(time_zone=member.time_zone)
    return Wish(Period(row.period), row.weekday, row.hour, member.time_zone)

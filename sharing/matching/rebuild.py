"""Matching everything anew: in tiles of place and time that workers share through rows."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from sharing.listings.models import Listing
from sharing.matching.actions import match_listings

MONTHS = 6  # of a tile; a district rarely has more than some hundred listings that begin in one half-year


class TileQuerySet(models.QuerySet["Tile"]):
    def open(self) -> "TileQuerySet":
        return self.filter(done_at=None)


class Tile(models.Model):
    """One piece of a rebuild: the listings of one district that begin in one half-year."""

    country = models.CharField(max_length=2)
    state = models.CharField(max_length=80)
    district = models.CharField(max_length=120)
    begins_on = models.DateField(help_text=_("First day of the half-year in which its listings begin."))
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = TileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["country", "state", "district", "begins_on"],
                name="tile_open_once",
                condition=models.Q(done_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.country} {self.state} {self.district} {self.begins_on}"


@transaction.atomic
def ask_for_rebuild(_subject_ids: Sequence[UUID] = (), /, *, now: datetime) -> int:
    """Cut the market into tiles that wait for a worker; tiles that wait already are not doubled. Returns how many wait.

    The thesaurus has changed, or it is night: everything is matched anew. What comes out is what is there, where
    nothing has changed.
    """
    live = Listing.objects.live().values_list("owner__country", "owner__state", "owner__district", "starts_on")
    found = {(country, state, district, _half_year(day)) for country, state, district, day in live if day}
    tiles = [
        Tile(country=country, state=state, district=district, begins_on=day, asked_at=now)
        for country, state, district, day in sorted(found)
    ]
    Tile.objects.bulk_create(tiles, ignore_conflicts=True)
    return Tile.objects.open().count()


@transaction.atomic
def rebuild_next(*, now: datetime) -> Tile | None:
    """Match one waiting tile that nobody else is at; None where none is left. A killed worker leaves it waiting."""
    waiting = Tile.objects.open().order_by("asked_at", "id").select_for_update(skip_locked=True)
    if (tile := waiting.first()) is None:
        return None
    ids = [id_ for id_, day in _listings_of(tile) if day and _half_year(day) == tile.begins_on]
    match_listings(ids, now=now)
    tile.done_at = now
    tile.save(update_fields=["done_at"])
    return tile


def _half_year(day: date) -> date:
    return day.replace(month=day.month - (day.month - 1) % MONTHS, day=1)


def _listings_of(tile: Tile) -> "models.QuerySet[Listing, tuple[UUID, date | None]]":
    place = {"owner__country": tile.country, "owner__state": tile.state, "owner__district": tile.district}
    return Listing.objects.live().filter(**place).order_by("id").values_list("id", "starts_on")

"""Organisations, their official keys and departments, and the members who act for them."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from sharing.actors import Actor, Role
from sharing.ids import new_id
from sharing.municipalities.rules import KEY_FORMS
from sharing.municipalities.terms import KeyScheme, Level, OrganisationKind

ROLE_LABELS = {Role.READER: _("reader"), Role.EDITOR: _("editor"), Role.MANAGER: _("manager")}
KIND_LABELS = {
    OrganisationKind.MUNICIPALITY: _("municipality"),
    OrganisationKind.ASSOCIATION: _("association or club"),
    OrganisationKind.BUSINESS: _("business"),
    OrganisationKind.SCIENCE: _("science"),
    OrganisationKind.INSTITUTION: _("public institution"),
}
LEVEL_LABELS = {
    Level.MUNICIPALITY: _("municipality"),
    Level.MUNICIPAL_ASSOCIATION: _("municipal association"),
    Level.COUNTY: _("county"),
    Level.STATE: _("state"),
}


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, actor: Actor) -> "OrganisationQuerySet":
        """The directory of organisations is open to every member and token."""
        return self if actor.is_system or actor.seats else self.none()

    def with_key(self, value: str) -> "OrganisationQuerySet":
        """Who holds this AGS, ARS or LAU code now."""
        return self.filter(keys__value=value, keys__valid_until=None)


class Organisation(models.Model):
    """Who acts on the marketplace: a municipality, the administration of several, or an external partner."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=20, choices=KIND_LABELS, default=OrganisationKind.MUNICIPALITY)
    level = models.CharField(max_length=30, choices=LEVEL_LABELS, blank=True)
    designation = models.CharField(max_length=80, blank=True, help_text=_("As it is called: Stadt, Markt, Amt …"))
    name = models.CharField(max_length=200)
    state = models.CharField(max_length=80, blank=True, help_text=_("Land as in ISO 3166-2, without the country."))
    district = models.CharField(max_length=120, blank=True, help_text=_("Kreis or its equivalent."))
    country = models.CharField(max_length=2, default="DE")
    population = models.PositiveIntegerField(null=True, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    administered_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="administers",
        help_text=_("The administration that acts for this municipality, such as its Verbandsgemeinde."),
    )
    mailbox = models.EmailField(blank=True, help_text=_("Role mailbox, never a person's address."))
    is_active = models.BooleanField(
        default=True, db_default=True, help_text=_("Takes part; else nothing of it is proposed to anybody.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="organisation_place_complete",
                condition=Q(latitude=None, longitude=None) | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                violation_error_message=_("Give latitude and longitude together, in degrees."),
            ),
            models.CheckConstraint(
                name="organisation_country_form",
                condition=Q(country__regex="^[A-Z]{2}$"),
                violation_error_message=_("Write the country as two capital letters, such as DE."),
            ),
            models.CheckConstraint(
                name="organisation_not_its_own_administration",
                condition=Q(administered_by=None) | ~Q(administered_by=F("id")),
                violation_error_message=_("An organisation cannot be administered by itself."),
            ),
        ]
        indexes = [models.Index("name", "id", name="organisation_by_name")]

    def __str__(self) -> str:
        return self.name


class OfficialKey(models.Model):
    """A key from an official register, for as long as it holds. Mergers end keys and name their successors."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="keys")
    scheme = models.CharField(max_length=3, choices=[(s.value, s.name) for s in KeyScheme])
    value = models.CharField(max_length=24)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text=_("Last day; empty while the key holds."))
    successor = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="predecessors")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="key_well_formed",
                condition=Q(*(Q(scheme=s, value__regex=form) for s, form in KEY_FORMS.items()), _connector=Q.OR),
                violation_error_message=_("This is no official key of that kind."),
            ),
            ExclusionConstraint(
                name="key_held_by_one_at_a_time",
                expressions=[
                    ("scheme", RangeOperators.EQUAL),
                    ("value", RangeOperators.EQUAL),
                    (
                        Func(F("valid_from"), F("valid_until"), models.Value("[]"), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message=_("Another organisation holds this key at that time."),
            ),
        ]
        indexes = [models.Index("value", name="key_by_value")]

    def __str__(self) -> str:
        return f"{self.scheme.upper()} {self.value}"


class DepartmentQuerySet(models.QuerySet["Department"]):
    def visible_to(self, actor: Actor) -> "DepartmentQuerySet":
        """Departments are part of the directory."""
        return self if actor.is_system or actor.seats else self.none()


class Department(models.Model):
    """A unit of an organisation with its role mailbox: Bauhof, Stabsstelle Datenschutz …"""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="departments")
    name = models.CharField(max_length=120)
    mailbox = models.EmailField(blank=True)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("name"),
                name="department_once",
                violation_error_message=_("This organisation has a department of that name."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class MemberManager(BaseUserManager["Member"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        member = self.model(email=self.normalize_email(email), **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Member":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "Member":
        """An e-mail address is the same address in capitals."""
        return self.get(email__iexact=username)


class Member(AbstractBaseUser, PermissionsMixin):
    """Someone who logs in. What they may do comes from their memberships."""

    class Language(models.TextChoices):
        DE = "de", "Deutsch"
        EN = "en", "English"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=2, choices=Language.choices, default=Language.DE)
    time_zone = models.CharField(max_length=60, default="Europe/Berlin")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False, help_text=_("May use the operators' pages."))
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[MemberManager] = MemberManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), name="member_email_once", violation_error_message=_("This address has an account.")
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


class Membership(models.Model):
    """A member's seat in an organisation. One person may serve several, one organisation has several."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=[(r.value, label) for r, label in ROLE_LABELS.items()])
    department = models.ForeignKey(Department, models.SET_NULL, null=True, blank=True, related_name="memberships")
    deputy = models.ForeignKey(Member, models.SET_NULL, null=True, blank=True, related_name="deputises")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "organisation"],
                name="membership_once",
                violation_error_message=_("This person is already a member."),
            ),
            models.CheckConstraint(
                name="membership_deputy_is_someone_else",
                condition=Q(deputy=None) | ~Q(deputy=F("member")),
                violation_error_message=_("Nobody can be their own deputy."),
            ),
            models.CheckConstraint(
                name="membership_role_known",
                condition=Q(role__in=[role.value for role in Role]),
                violation_error_message=_("Choose reader, editor or manager."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.organisation_id}"

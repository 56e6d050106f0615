"""The operators' pages: everything can be looked at; what has rules is changed by actions, not by forms."""

from django.contrib import admin, messages
from django.db.models import Count, Model, QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing import models
from sharing.actors import SYSTEM
from sharing.events import emit, retry
from sharing.matching.proposals import decide


class ReadOnly(admin.ModelAdmin):
    """For rows that actions write and nobody edits."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Telling(admin.ModelAdmin):
    """For rows that operators edit by form: what follows from a change follows from theirs, too."""

    tells = ""

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseModelFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        emit(self.tells, form.instance.pk, by=SYSTEM)


@admin.register(models.Event)
class EventAdmin(ReadOnly):
    list_display = ("id", "kind", "subject_id", "occurred_at", "attempts", "handled_at", "parked_at")
    list_filter = ("kind", ("parked_at", admin.EmptyFieldListFilter), ("handled_at", admin.EmptyFieldListFilter))
    search_fields = ("subject_id",)
    ordering = ("-id",)
    actions = ("try_again",)
    show_full_result_count = False

    @admin.action(description=gettext_lazy("Try the parked ones again"))
    def try_again(self, request: HttpRequest, chosen: QuerySet[models.Event]) -> None:
        count = retry([event.pk for event in chosen], now=timezone.now())
        self.message_user(
            request, _("%(count)s events wait for the worker again.") % {"count": count}, messages.SUCCESS
        )


@admin.register(models.Listing)
class ListingAdmin(ReadOnly):
    list_display = ("title", "owner", "direction", "category", "state", "starts_on", "ends_on")
    list_filter = ("state", "direction", "resource", "category")
    search_fields = ("title", "ref", "owner__name")
    list_select_related = ("owner", "category")


@admin.register(models.Match)
class MatchAdmin(ReadOnly):
    list_display = ("request", "offer", "score", "notify", "partial", "found_at", "withdrawn_at")
    list_filter = ("notify", "partial")
    list_select_related = ("request", "offer")
    show_full_result_count = False


@admin.register(models.Network)
class NetworkAdmin(ReadOnly):
    list_display = ("id", "kind", "state", "hint", "lead", "benefit", "gap", "reason", "changed_at")
    list_filter = ("kind", "state", "hint")
    list_select_related = ("lead",)


@admin.register(models.Part)
class PartAdmin(ReadOnly):
    list_display = ("id", "run", "tries", "lease_until", "done_at", "benefit", "gap", "fault")
    list_filter = (("done_at", admin.EmptyFieldListFilter), ("fault", admin.EmptyFieldListFilter))
    list_select_related = ("run",)
    ordering = ("-id",)


@admin.register(models.Digest)
class DigestAdmin(ReadOnly):
    list_display = ("member", "due_at", "state", "tries", "sent_at", "answer")
    list_filter = ("state",)
    list_select_related = ("member",)


class KeyInline(admin.TabularInline):
    model = models.OfficialKey
    extra = 0
    raw_id_fields = ("successor",)


@admin.register(models.Organisation)
class OrganisationAdmin(Telling):
    tells = "organisation.changed"
    list_display = ("name", "designation", "kind", "level", "state", "district", "population")
    list_filter = ("kind", "level", "country", "state")
    search_fields = ("name", "keys__value")
    raw_id_fields = ("administered_by",)
    inlines = (KeyInline,)


class MembershipInline(admin.TabularInline):
    model = models.Membership
    fk_name = "member"
    extra = 0
    raw_id_fields = ("organisation", "department", "deputy")


@admin.register(models.Member)
class MemberAdmin(admin.ModelAdmin):
    list_display = ("email", "name", "language", "is_active", "last_login")
    search_fields = ("email", "name")
    exclude = ("password", "groups", "user_permissions")
    readonly_fields = ("last_login", "date_joined")
    inlines = (MembershipInline,)


@admin.register(models.Concept)
class ConceptAdmin(Telling):
    tells = "concept.changed"
    list_display = ("term", "language", "category", "synonyms")
    list_filter = ("language", "category")
    search_fields = ("term", "synonyms")


@admin.register(models.Proposal)
class ProposalAdmin(ReadOnly):
    """What coordinators answered “something else” to: two concepts that matching may have taken for one another."""

    list_display = ("one", "other", "answers", "decided_at", "accepted")
    list_filter = (("decided_at", admin.EmptyFieldListFilter), "accepted")
    list_select_related = ("one", "other")
    actions = ("keep_apart", "let_be")

    def get_queryset(self, request: HttpRequest) -> QuerySet[models.Proposal]:
        rows: QuerySet[models.Proposal] = super().get_queryset(request)
        return rows.annotate(answers=Count("matches")).order_by("-answers", "id")

    @admin.display(description=gettext_lazy("Answers"), ordering="answers")
    def answers(self, proposal: models.Proposal) -> int:
        return int(proposal.answers)  # type: ignore[attr-defined]  # annotated above

    @admin.action(description=gettext_lazy("Keep these apart from now on"))
    def keep_apart(self, request: HttpRequest, chosen: QuerySet[models.Proposal]) -> None:
        self._decide(request, chosen, accept=True)

    @admin.action(description=gettext_lazy("Leave them as they are"))
    def let_be(self, request: HttpRequest, chosen: QuerySet[models.Proposal]) -> None:
        self._decide(request, chosen, accept=False)

    def _decide(self, request: HttpRequest, chosen: QuerySet[models.Proposal], *, accept: bool) -> None:
        count = decide([one.pk for one in chosen], accept=accept, by=SYSTEM, now=timezone.now())
        self.message_user(request, _("%(count)s proposals are decided.") % {"count": count}, messages.SUCCESS)


admin.site.register(models.Category, list_display=("code", "name_de", "name_en"))
admin.site.register(
    models.ApiToken, ReadOnly, list_display=("name", "organisation", "scopes", "expires_at", "revoked_at")
)

"""The words of networks as people read them."""

from django.utils.translation import gettext_lazy as _

from sharing.networks.terms import Answer, Kind, State

KIND = {
    Kind.SWAP: _("swap"),
    Kind.RING: _("ring"),
    Kind.CAPACITY_POOL: _("shared offer"),
    Kind.SUPPLY_POOL: _("joint help"),
    Kind.DEMAND_POOL: _("joint need"),
    Kind.CONSORTIUM: _("joint project"),
}
KIND_HEADING = {
    Kind.SWAP: _("Swaps: each gives something and gets something"),
    Kind.RING: _("Rings: everyone gives to the next and gets from the one before"),
    Kind.CAPACITY_POOL: _("Shared offers: one offer serves several"),
    Kind.SUPPLY_POOL: _("Joint help: several offers together cover one request"),
    Kind.DEMAND_POOL: _("Joint needs: several want the same and could get it together"),
    Kind.CONSORTIUM: _("Joint projects: partners for a common undertaking"),
}
STATE = {
    State.PROPOSED: _("proposed"),
    State.UNDER_DISCUSSION: _("under discussion"),
    State.AGREED: _("agreed"),
    State.ACTIVE: _("active"),
    State.CONCLUDED: _("concluded"),
    State.DISSOLVED: _("dissolved"),
}
ANSWER = {
    Answer.OPEN: _("not answered yet"),
    Answer.ACCEPTED: _("accepted"),
    Answer.DECLINED: _("declined"),
    Answer.LEFT: _("has left"),
}
REASON = {
    "other_task": _("It is about something else."),
    "too_far": _("It is too far away."),
    "wrong_time": _("The time does not fit."),
    "wrong_amount": _("The amount does not fit."),
    "partner": _("We would rather not work with one of the partners."),
    "terms": _("The terms do not fit."),
    "solved": _("It has been settled elsewhere."),
    "other": _("Another reason."),
}
ENDING = {
    "replaced": _("A better proposal has taken its place."),
    "declined": _("A member said no, and nobody else can step in."),
    "listing_gone": _("One of its listings is no longer on the market."),
    "no_longer_fits": _("Its listings have changed and no longer fit."),
    "too_few": _("Too few members are left."),
    "not_started": _("It did not reach its threshold in time."),
    "by_members": _("Its members have ended it."),
    "unanswered": _("Not everybody answered in time."),
}

# The API's description names its enumerations by these.
STATE_CHOICES, REASON_CHOICES, ENDING_CHOICES = (list(one.items()) for one in (STATE, REASON, ENDING))
